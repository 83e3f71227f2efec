"""Write the measured layer of the built-in knowledge from the tables that are kept in docs/tables.

``python docs/measured_layer.py`` rewrites knowledge/measured, and what the page draws of the tables
over data sets (``make layer``); a test checks that doing so would change nothing. To replace a
table, or to add one, measure it and keep its document::

    crosscurrent validate --all --dataset NAME --json > NAME.json
    python docs/measured_layer.py NAME.json

A table takes the place of the one of the same data set. ``--drop NAME`` removes one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from crosscurrent.api.answers.pools import pools
from crosscurrent.api.answers.reference_pools import FILE
from crosscurrent.knowledge import load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.experiments.reference_layer import layer
from crosscurrent.validator.experiments.table_documents import slug, table
from crosscurrent.validator.results.documents import checked
from crosscurrent.validator.results.pools import study

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "docs" / "tables"
LAYER = ROOT / "knowledge" / "measured"
POOLS = ROOT / "api" / "answers" / FILE

_ENDING = ".json.gz"


def kept() -> dict[str, bytes]:
    """Return the documents that are kept in docs/tables, by the name of their file."""
    return {
        each.name: gzip.decompress(each.read_bytes()) for each in sorted(TABLES.glob(f"*{_ENDING}"))
    }


def written(tables: dict[str, bytes]) -> dict[str, str]:
    """Return the files of the layer that tables make, by name.

    Raises
    ------
    InputError
        One of the tables is none; it names the file.
    """
    return layer(tables, load("literature"))


def pools_of(tables: dict[str, bytes]) -> bytes:
    """Return the pools of all cells of tables over their data sets, as the page draws them.

    Raises
    ------
    InputError
        One of the tables is none; it names the file.
    """
    studies = [
        study(each)
        for name, content in sorted(tables.items())
        for each in checked(json.loads(content), name)
    ]
    found = pools(load("literature"), studies)["pools"]
    return json.dumps(found, sort_keys=True, separators=(",", ":")).encode()


def main(words: Sequence[str] | None = None) -> int:
    """Take tables in, if any are given, and rewrite the layer."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", metavar="FILE", nargs="*", help="document of a measured grid")
    parser.add_argument(
        "--drop", metavar="NAME", action="append", default=[], help="remove the table of a data set"
    )
    arguments = parser.parse_args(words)
    try:
        tables = _taken(kept(), arguments.files, arguments.drop)
        files = written(tables)
        pooled = pools_of(tables)
    except (InputError, OSError) as error:
        print(f"measured_layer: {error}", file=sys.stderr)
        return 2
    for folder, content in (
        (TABLES, {n: gzip.compress(c, 9, mtime=0) for n, c in tables.items()}),
        (LAYER, {n: text.encode() for n, text in files.items()}),
    ):
        folder.mkdir(exist_ok=True)
        for each in folder.iterdir():
            if each.name not in content and each.suffix in (".yaml", ".gz"):
                each.unlink()
        for name, data in content.items():
            (folder / name).write_bytes(data)
    POOLS.write_bytes(gzip.compress(pooled, 9, mtime=0))
    for name in files:
        print(f"wrote {(LAYER / name).relative_to(ROOT)}")
    return 0


def _taken(tables: dict[str, bytes], files: Sequence[str], drop: Sequence[str]) -> dict[str, bytes]:
    """Return the tables that are kept, with those of files in their places."""
    for name in drop:
        if tables.pop(f"{slug(name)}{_ENDING}", None) is None:
            known = ", ".join(each.removesuffix(_ENDING) for each in tables) or "there are none"
            raise InputError(f"{name}: no table of this data set is kept ({known})")
    for file in files:
        content = Path(file).read_bytes()
        tables[f"{slug(table(file, content)['dataset'])}{_ENDING}"] = content
    return tables


if __name__ == "__main__":
    sys.exit(main())
