"""Knowledge sets: whole or not at all, versioned, shared by processes, whatever is uploaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asking import Asking

from crosscurrent.api.rest.knowledge_sets import KnowledgeSets
from crosscurrent.api.rest.problems import ProblemError
from crosscurrent.api.rest.settings import Settings
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError

Serve = Callable[..., Any]


def revising(name: str) -> dict[str, str]:
    """Return files that give evasion another name."""
    return {"own.yaml": f"risks:\n  - id: evasion\n    action: revise\n    name: {name}\n"}


def put(client: Any, files: dict[str, str], name: str = "team") -> Any:
    return client.put(f"/v1/knowledge/{name}", json={"files": files})


def name_of(client: Any, wanted: str) -> str:
    answer = client.get("/v1/risks/R1", params={"knowledge": wanted})
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["record"]["name"]
    return found


def test_versions_stay_and_the_newest_is_meant(serve: Serve) -> None:
    client = serve()
    first = put(client, revising("First"))
    assert first.status_code == 201
    assert first.headers["location"] == "/v1/knowledge/team@1"
    same = put(client, revising("First"))
    assert (same.status_code, same.json()) == (200, first.json())
    assert put(client, revising("Second")).json()["version"] == 2
    names = [name_of(client, each) for each in ("team", "team@1", "team@2")]
    assert names == ["Second", "First", "Second"]
    listed = client.get("/v1/knowledge").json()["sets"]
    assert [(each["name"], each["version"]) for each in listed] == [("team", 2), ("team", 1)]
    whole = client.get("/v1/knowledge/team@1").json()
    assert (whole["contents"], whole["versions"]) == (revising("First"), [1, 2])
    difference = client.get("/v1/knowledge/diff?from=team@1&to=team").json()
    changed = difference["records"]["revised"]["risks"]["evasion"]["name"]
    assert changed == {"before": "First", "after": "Second"}
    assert client.get("/v1/risks/R1").json()["record"]["name"] == "Evasion"


def test_what_is_retired_answers_no_more_and_is_not_lost(serve: Serve) -> None:
    client = serve()
    put(client, revising("First"))
    put(client, revising("Second"))
    assert client.delete("/v1/knowledge/team@2").status_code == 204
    assert name_of(client, "team") == "First"
    assert client.get("/v1/risks?knowledge=team@2").status_code == 410
    assert client.get("/v1/knowledge/team@2").json()["contents"] == revising("Second")
    assert client.delete("/v1/knowledge/team").status_code == 204
    gone = client.get("/v1/risks?knowledge=team")
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:crosscurrent:problem:retired")
    assert all(each["retired"] for each in client.get("/v1/knowledge").json()["sets"])
    assert put(client, revising("Second")).json()["version"] == 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "team"}', "\x00\xff", '{"files": 3}'])
def test_a_damaged_version_is_named_and_harms_no_other(
    serve: Serve, tmp_path: Path, text: str
) -> None:
    client = serve()
    for name in ("team", "lab"):
        put(client, revising("First"), name)
    put(client, revising("Second"))
    (tmp_path / "data" / "knowledge" / "team" / "000002.json").write_bytes(text.encode("latin-1"))
    client = serve()  # nothing is remembered
    for path in ("risks/R1?knowledge=team", "knowledge/team@2", "knowledge/diff?to=team"):
        answer = client.get(f"/v1/{path}")
        assert answer.status_code == 500
        assert answer.json()["type"] == "urn:crosscurrent:problem:damaged"
        assert "team@2 is damaged" in answer.json()["detail"]
        line = [each for each in client.lines if each["event"] == "problem"][-1]
        assert line["request_id"] == answer.json()["request_id"]
        assert "team@2" in line["detail"]
    assert name_of(client, "team@1") == name_of(client, "lab") == "First"
    listed = client.get("/v1/knowledge").json()["sets"]
    assert [(each["name"], each["version"]) for each in listed] == [("lab", 1), ("team", 1)]
    assert [each for each in client.lines if each["event"] == "knowledge left out of the list"]
    assert client.delete("/v1/knowledge/team@2").status_code == 204  # it can be retired
    assert name_of(client, "team") == "First"
    assert put(client, revising("Third")).json()["version"] == 3


def test_a_damaged_set_is_replaced_or_retired_by_its_own_key_only(tmp_path: Path) -> None:
    sets = KnowledgeSets(str(tmp_path))
    for name in ("First", "Second"):
        sets.put("team", revising(name), "anna")
    newest = tmp_path / "team" / "000002.json"
    newest.write_text("{")
    for refused in (
        lambda: sets.put("team", revising("Third"), "ben"), lambda: sets.retire("team", "ben"),
        lambda: sets.retire("team@2", "ben"),
    ):  # fmt: skip
        with pytest.raises(ProblemError, match="belongs to another key"):
            refused()
    assert sets.put("team", revising("First"), "anna")[0].version == 3
    (tmp_path / "team" / "000003.json").write_text("{")
    sets.retire("team", "anna")
    with pytest.raises(ProblemError, match="all versions of team are retired"):
        sets.get("team")


def test_sets_survive_a_restart_and_reach_other_processes(serve: Serve) -> None:
    one, other = serve(), serve()
    put(one, revising("First"))
    assert name_of(other, "team") == "First"
    put(other, revising("Second"))
    assert name_of(one, "team") == "Second"
    one.delete("/v1/knowledge/team@2")
    assert name_of(other, "team") == "First"
    assert name_of(serve(), "team@1") == "First"


def test_many_at_once_make_one_version_each(
    tmp_path: Path, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "crosscurrent.api.rest.knowledge_sets.load", lambda _: kb
    )  # reading YAML would keep them apart
    clients = [KnowledgeSets(str(tmp_path / "sets")) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(lambda n: clients[n % 4].put("team", revising(f"Name {n}"), None), range(12))
        )
    assert sorted(version.version for version, _ in made) == list(range(1, 13))
    for version, new in made:
        assert new
        assert clients[0].get(f"team@{version.version}").files == version.files
    left = {path.suffix for path in (tmp_path / "sets" / "team").iterdir()}
    assert left == {".json"}


def test_every_problem_comes_with_its_place_and_nothing_is_kept(serve: Serve) -> None:
    client = serve()
    broken = Path(__file__).parents[3] / "docs" / "examples" / "broken-knowledge" / "audit.yaml"
    answer = put(client, {"audit.yaml": broken.read_text(encoding="utf-8")})
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    assert {"file": "audit.yaml", "line": 2, "column": 5}.items() <= problems[0].items()
    assert len(problems) > 4
    assert client.get("/v1/knowledge").json()["sets"] == []


ANCHORS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)},*{chr(97 + n)}]\n"
    for n in range(8)
)
HOSTILE = {
    "bomb": {"bomb.yaml": ANCHORS},
    "deep": {"deep.yaml": "risks: " + "[" * 20_000},
    "wide": {"wide.yaml": "risks: [" + "1," * 300_000 + "]"},
    "binary": {"binary.yaml": "\x00\x01\x02"},
    "half a pair": {"half.yaml": "risks: \ud800"},
    "no yaml": {"text.yaml": ": : : {"},
    "tag": {"tag.yaml": "risks: !!python/object/apply:os.system ['true']"},
    "other sections": {"other.yaml": "wishes: []"},
    "dangling": {"d.yaml": "correlations:\n  - {subject: x, factor: y, sign: '+', sources: [z]}\n"},
    "path": {"../escape.yaml": "risks: []"},
    "absolute": {"/etc/passwd.yaml": "risks: []"},
    "null": {"a\x00.yaml": "risks: []"},
    "backslash": {"..\\a.yaml": "risks: []"},
    "long name": {"x" * 5000 + ".yaml": "risks: []"},
    "no name": {"": "risks: []"},
    "hidden": {".hidden.yaml": "risks: []"},
    "other ending": {"a.exe": "risks: []"},
    "many": {f"{n}.yaml": "risks: []" for n in range(500)},
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a client of a service that should keep nothing of what these tests send."""
    return Asking(Settings(data=str(tmp_path_factory.mktemp("empty"))))


def kept(client: Any) -> list[Path]:
    """Return all files that a service has."""
    folder = Path(client.service.settings.data)
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_clearly(empty: Any, case: str) -> None:
    client = empty
    body = json.dumps({"files": HOSTILE[case]})
    answer = client.put(
        "/v1/knowledge/team", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text[:300]
    document = answer.json()
    assert document["problems" if case != "many" else "errors"]
    assert client.lines[-1]["status"] == 422
    assert kept(client) == []


@pytest.mark.parametrize(
    "name", ["Team", "9", "a" * 64, "te am", "diff", "a.b", "team@1", "%2e%2e", "a%00", "ü", "-a"]
)
def test_a_set_has_a_plain_name(empty: Any, name: str) -> None:
    answer = put(empty, revising("First"), name)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert kept(empty) == []


@pytest.mark.parametrize("name", ["%2e%2e%2fteam", "a/b", "", "a%2fb"])
def test_a_name_with_a_slash_leads_nowhere(empty: Any, name: str) -> None:
    assert put(empty, revising("First"), name).status_code in (404, 405)
    assert kept(empty) == []


def test_a_version_that_is_not_there_is_told(serve: Serve) -> None:
    client = serve()
    put(client, revising("First"))
    for wanted in ("team@", "team@0", "team@9", "team@x", "team@1@1", "team@¹", "team@0000000015"):
        answer = client.get("/v1/predictions", params={"knowledge": wanted})
        assert answer.status_code == 404
        assert answer.json()["suggestions"] == ["team@1"]


def test_there_is_room_for_so_many_and_no_more(
    serve: Serve, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosscurrent.api.rest.knowledge_sets.load", lambda _: kb)
    client = serve(max_versions=2)
    assert [put(client, revising(f"N{n}")).status_code for n in range(3)] == [201, 201, 507]
    assert client.get("/v1/knowledge/team").json()["contents"] == revising("N1")


def test_the_room_of_one_key_is_not_anothers(tmp_path: Path) -> None:
    sets = KnowledgeSets(str(tmp_path), most=1)
    sets.put("ours", revising("First"), "anna")
    with pytest.raises(ProblemError, match="1 versions are all that one may have"):
        sets.put("more", revising("Second"), "anna")
    sets.put("theirs", revising("Second"), "ben")
    assert [each.name for each in sets.listed()[0]] == ["ours", "theirs"]


def test_the_list_reads_no_version_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = KnowledgeSets(str(tmp_path))
    sets.put("ours", revising("First"), None)
    before = sets.listed()
    monkeypatch.setattr(sets, "_read", lambda *_: pytest.fail("read again"))
    assert sets.listed() == before
    assert sorted(before[0][0].files) == sorted(revising("First"))
    monkeypatch.undo()
    sets.retire("ours", None)
    assert [each.retired for each in sets.listed()[0]] == [True]


def test_a_full_disk_loses_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    put(client, revising("First"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = put(client, revising("Second"))
    assert (answer.status_code, answer.json()["type"]) == (507, "urn:crosscurrent:problem:no-room")
    monkeypatch.undo()
    assert name_of(client, "team") == "First"
    assert put(client, revising("Second")).json()["version"] == 2


def test_a_killed_upload_leaves_the_last_version(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from crosscurrent.api.rest.knowledge_sets import KnowledgeSets\n"
        "os.link = lambda *_: os._exit(9)\n"
        "KnowledgeSets(sys.argv[1]).put('team', {'a.yaml': 'risks:\\n"
        "  - {id: evasion, action: revise, name: Other}\\n'}, None)\n"
    )
    sets = KnowledgeSets(str(tmp_path))
    sets.put("team", revising("First"), None)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], timeout=60, check=False)
    assert done.returncode == 9
    assert sets.numbers("team") == [1]
    assert sets.base("team").risks["evasion"].name == "First"


def test_a_set_that_no_longer_fits_says_why(serve: Serve, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "a.yaml").write_text(
        "references:\n  - {id: lab2026, status: confirmed, title: Lab, year: 2026}\n"
    )
    own = {
        "own.yaml": "correlations:\n  - subject: group_fairness\n    factor: tail_length\n"
        "    sign: '+'\n    sources: [lab2026]\n"
    }
    assert put(serve(knowledge=(str(base),)), own).status_code == 201
    answer = serve().get("/v1/predictions?knowledge=team")
    assert answer.status_code == 409
    assert answer.json()["problems"][0]["file"] == "own.yaml"


def test_files_in_memory_are_read_as_those_of_a_folder(tmp_path: Path) -> None:
    from crosscurrent.knowledge import load

    for name, text in revising("Third").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    memory = {name: text.encode() for name, text in revising("Third").items()}
    assert load([memory]).digest == load([str(tmp_path)]).digest
    for wrong in ({}, {"a.yaml": b"x" * (3 * 1024 * 1024)}, {f"{n}.yaml": b"" for n in range(300)}):
        with pytest.raises(InputError, match=r"file|MiB"):
            load([wrong])
    with pytest.raises(InputError, match="more than 8 MiB"):
        load([{f"{n}.yaml": b" " * (2 * 1024 * 1024) for n in range(5)}])
