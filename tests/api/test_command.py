"""The command as a stranger meets it: silly input, streams, what it imports, completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import COMMAND, Ask, process

from crosscurrent.api.cli import main
from crosscurrent.api.cli.parser import COMMANDS

# silly input


def test_without_a_command_it_says_in_short_what_there_is(ask: Ask) -> None:
    status, out, err = ask()
    assert (status, err) == (0, "")
    assert all(name in out for name in COMMANDS)
    assert len(out.splitlines()) < 45
    assert "begin with    crosscurrent predict differential_privacy" in out


@pytest.mark.parametrize("words", [("predict",), ("results", "show"), ("validate", "combine"), ()])
def test_help_of_a_command_is_its_help(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    told = []
    for line in (["help", *words], [*words, "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(line)
        assert ended.value.code == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert told[0].startswith(" ".join(["usage: crosscurrent", *words]))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("predict", "adverserial_training"), "did you mean adversarial_training?"),
        (("predict", "nonsense"), "lists all"),
        (("predict", ""), "unknown defense ''"),
        (("predict", "RD1", "member"), "did you mean membership_inference?"),
        (("predict", "P1"), "P1 is a risk, not a defense"),
        (("predict", "RD1", "RD1"), "RD1 is a defense, not a risk"),
        (("predict", "RD1", "O3"), "O3 is a factor, not a risk"),
        (("predict", "x" * 5000), "…"),
        (("predict",), "DEFENSE"),
        (("predcit", "RD1"), "did you mean predict?"),
        (("predict", "RD1", "--jsn"), "did you mean --json?"),
        (("matrix", "--interaction"), "--interaction is an option of crosscurrent attacks"),
        (("collude", "--draws", "3"), "--draws is an option of crosscurrent validate)"),
        (("collude", "--draws", "3"), "help: crosscurrent collude --help"),
        (("results", "list", "--kolour"), "help: crosscurrent results list --help"),
        (("predict", "RD1", "--alle"), "arguments: --alle\nhelp: crosscurrent predict --help"),
        (("predict", "RD1", "P1", "now"), "arguments: now\n"),
        (("help", "predcit"), "did you mean predict?"),
        (("matrix", "--format", "pdf"), "one of table, csv, json, svg"),
        (("matrix", "--format", "svgg"), "did you mean svg?"),
        (("kb", "chek"), "did you mean check or schema?"),
        (("kb",), "COMMAND"),
        (("what-if", "RD1"), "nothing is assumed"),
        (("what-if", "RD1", "--hold", "M9"), "unknown factor 'M9'"),
        (("what-if", "RD1", "--raise", "D1", "--lower", "D1"), "can't be both"),
        (("what-if", "RD1", "--adversary", "role"), "should be KEY=VALUE"),
        (("what-if", "RD1", "--adversary", "role="), "should be KEY=VALUE"),
        (("what-if", "RD1", "--adversary", "rol=x"), "did you mean role?"),
        (("what-if", "RD1", "--adversary", "role=judge"), "malicious_suspect"),
        (
            ("what-if", "RD1", "--adversary", "role=malicious_suspect", "--adversary", "role=x"),
            "gives role twice",
        ),
        (("backtest", "--seed", "-1"), "--seed"),
        (("backtest", "--seed", "1.5"), "whole number"),
        (("backtest", "--resamples", "0"), "from 1 to"),
        (("kb", "show", "tail_lenght"), "did you mean tail_length?"),
        (("kb", "show", "zzzzzz"), "kb show lists all"),
        (("kb", "show", "robustness"), "the defense adversarial_training and the risk evasion"),
        (("predict", "machine_unlearnin"), "did you mean machine_unlearning?"),
        (("predict", "mia"), "mia is a risk (membership_inference), not a defense"),
        (("combine", "dp-sgd@pre", "RD1"), "dp-sgd is differential_privacy@in"),
        (
            (
                "kb",
                "export",
            ),
            "--format",
        ),
        (("kb", "check", "/nowhere"), "No such file or directory"),
        (("kb", "check", __file__), "is a file; give the folder"),
        (("predict", "RD1", "--knowledge", "/nowhere"), "/nowhere"),
        (("matrix", "--json", "--format", "svg"), "not both"),
        (("kb", "export", "--json", "--format", "dot"), "not both"),
        (("completion", "powershell"), "one of bash, zsh, fish"),
        (("completion", "csh"), "did you mean zsh?"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_silly_input_is_answered_with_what_to_do_and_2(
    ask: Ask, words: tuple[str, ...], expected: str
) -> None:
    answer = ask(*words)
    assert answer.status == 2
    assert answer.out == ""
    assert expected in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err) < 3000


def test_a_suggestion_is_never_what_was_typed(ask: Ask) -> None:
    for words in (("backtest", "--seed", "-1"), ("what-if", "RD1", "--hold"), ("predict",)):
        assert "did you mean" not in ask(*words).err


def test_help_leads_to_examples_and_ends_with_0(ask: Ask) -> None:
    answer = ask("--help")
    assert answer.status == 0
    assert "crosscurrent predict adversarial_training" in answer.out
    assert ask("--version").out.startswith("crosscurrent ")


# as a process of its own


def test_a_reader_that_stops_early_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as stream:
        done = process("matrix", "--json", stdout=stream, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_an_error_with_a_reason() -> None:
    broken = str(Path(__file__).parents[2] / "docs" / "examples" / "broken-knowledge")
    for words in (("matrix", "--json"), ("kb", "check", "--json", broken)):
        with open("/dev/full", "wb") as stream:
            done = process(*words, stdout=stream, stderr=subprocess.PIPE)
        assert done.returncode == 1
        assert done.stderr.decode() == "crosscurrent: standard output: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="closing a stream this way needs a POSIX shell")
def test_a_closed_standard_output_is_an_error_with_a_reason() -> None:
    script = f'exec "{COMMAND}" predict RD1 P1 >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", script], stderr=subprocess.PIPE, timeout=60, check=False
    )
    assert done.returncode == 1
    assert b"standard output is closed" in done.stderr


def test_output_without_unicode_is_still_readable() -> None:
    done = process(
        "predict", "PD1", "P4", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}
    )
    assert done.returncode == 0
    text = done.stdout.decode("ascii")
    assert "v decrease" in text
    assert "?" not in text.splitlines()[0]
    done = process(
        "predict", "PD1", "--json", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}
    )
    assert json.loads(done.stdout)["defense"] == "differential_privacy"


def test_the_what_if_path_imports_nothing_heavy() -> None:
    """A cached start needs neither YAML nor pydantic, networkx, asyncio or the like."""
    script = (
        "import sys\n"
        "from crosscurrent.api.cli import main\n"
        "main(['predict', 'RD1', 'P1', '--json']); main(['what-if', 'RD1', '--hold', 'D1'])\n"
        "heavy = {'yaml', 'pydantic', 'networkx', 'numpy', 'torch', 'fastapi', 'rich', 'asyncio',"
        " 'argcomplete', 'pydot', 'difflib', 'random', 'typing_extensions',"
        " 'crosscurrent.knowledge._records.collusions',"
        " 'crosscurrent.knowledge._records.combinations'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for _ in range(2):  # the first fills the cache if need be
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "imported"),
    [
        (["--help"], set()),
        (["predict", "RD1", "P1"], {"predict"}),
        (["kb", "check"], {"kb"}),
        (["validate", "--help"], {"validate"}),
        (["results", "--help"], {"results"}),
    ],
)
def test_only_the_command_that_is_asked_for_is_imported(
    words: list[str], imported: set[str]
) -> None:
    script = (
        "import sys\n"
        "from contextlib import suppress\n"
        "from crosscurrent.api.cli import main\n"
        f"with suppress(SystemExit): main({words!r})\n"
        "from crosscurrent.api.cli.parser import COMMANDS\n"
        "modules = {module for module, _ in COMMANDS.values()}\n"
        "found = {m for m in modules if f'crosscurrent.api.cli.{m}' in sys.modules}\n"
        f"assert found == {imported!r}, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def completions(line: str, tmp_path: Path) -> list[str]:
    """Ask for completions as the bash script does."""
    answers = tmp_path / "answers"
    environment = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answers),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    done = process(env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    return answers.read_text().split("\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("crosscurrent pre", "predict"),
        ("crosscurrent predict adv", "adversarial_training"),
        ("crosscurrent predict RD", "RD1"),
        ("crosscurrent predict RD1 memb", "membership_inference"),
        ("crosscurrent what-if RD1 --hold tail", "tail_length"),
        ("crosscurrent what-if RD1 --adversary role", "role=malicious_accuser"),
        ("crosscurrent matrix --format s", "svg"),
        ("crosscurrent comply ai_", "ai_act"),
        ("crosscurrent kb show obs", "observations"),
    ],
)
def test_shells_complete_commands_options_and_names(
    line: str, expected: str, tmp_path: Path
) -> None:
    assert expected in [answer.strip() for answer in completions(line, tmp_path)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_for_that_shell(ask: Ask, shell: str) -> None:
    out = ask("completion", shell).out
    assert "crosscurrent" in out
    assert {"bash": "complete ", "zsh": "compdef", "fish": "commandline"}[shell] in out
