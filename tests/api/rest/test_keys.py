"""API keys: hashed, followed when they change, and good for so many requests a minute."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.api.cli import main
from crosscurrent.api.rest.keys import Bucket, KeyFile, Keyring
from crosscurrent.api.rest.knowledge_sets import KnowledgeSets
from crosscurrent.api.rest.problems import ProblemError
from crosscurrent.knowledge.errors import InputError

FILES = {"a.yaml": "risks:\n  - {id: evasion, action: revise, name: Evading}\n"}


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(str(tmp_path / "keys.json"))


def test_only_a_hash_of_a_key_is_kept_and_only_its_owner_may_read_that(file: KeyFile) -> None:
    key = file.add("anna")
    assert len(key) > 40
    assert key not in Path(file.path).read_text(encoding="utf-8")
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o600
    assert key != file.add("ben")
    assert [each.name for each in file.read()] == ["anna", "ben"]


def test_without_a_key_nothing_is_answered_but_whether_it_lives(
    file: KeyFile, serve: Callable[..., Any]
) -> None:
    key = file.add("anna")
    client = serve(keys=file.path)
    for headers in (
        {}, {"Authorization": key}, bearing(""), bearing("cc_wrong"), bearing(key + "x"),
        {"Authorization": f"Basic {key}"}, bearing("\xe9" * 40),
    ):  # fmt: skip
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        for path in ("/v1/predictions", "/v1/predictions/RD1/P1", "/v1/knowledge", "/v1/no"):
            answer = client.get(path, headers=raw)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/predictions", headers=bearing(key)).status_code == 200
    assert client.get("/health/live").status_code == 200
    assert key not in client.log.getvalue()
    assert [line for line in client.lines if line.get("key") == "anna"]
    described = client.get("/openapi.json").json()
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_keys_come_and_go_while_it_runs(file: KeyFile, serve: Callable[..., Any]) -> None:
    anna = file.add("anna")
    client = serve(keys=file.path)
    ben = file.add("ben")
    assert client.get("/v1/risks", headers=bearing(ben)).status_code == 200
    file.remove("anna")
    assert client.get("/v1/risks", headers=bearing(anna)).status_code == 401
    Path(file.path).write_text("gone wrong", encoding="utf-8")
    assert client.get("/v1/risks", headers=bearing(ben)).status_code == 401


def test_keys_that_could_not_be_read_for_a_moment_are_read_again(
    file: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = file.add("anna")
    keyring = Keyring(file)
    ben = file.add("ben")

    def fail(_: KeyFile) -> None:
        raise OSError("too many open files")

    with monkeypatch.context() as broken:
        broken.setattr(KeyFile, "read", fail)
        assert keyring.holder(anna) is None
    assert [keyring.holder(each) for each in (anna, ben)] == list(file.read())


def test_a_set_that_another_key_was_faster_to_make_is_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets, link = KnowledgeSets(str(tmp_path)), os.link

    def outrun(source: str, target: str) -> None:
        monkeypatch.setattr(os, "link", link)
        sets.put("team", FILES, "ben")
        link(source, target)

    monkeypatch.setattr(os, "link", outrun)
    with pytest.raises(ProblemError, match="belongs to another key"):
        sets.put("team", {"a.yaml": FILES["a.yaml"].replace("Evading", "Evaded")}, "anna")
    assert [each.owner for each in sets.listed()[0]] == ["ben"]


def test_a_quota_is_a_bucket_that_fills_again() -> None:
    time = [0.0]
    bucket = Bucket(60, lambda: time[0])
    assert [bucket.take() for _ in range(60)] == [0.0] * 60
    assert bucket.take() == pytest.approx(1.0)
    time[0] = 0.5
    assert bucket.take() == pytest.approx(0.5)
    time[0] = 2.0
    assert [bucket.take() > 0 for _ in range(3)] == [False, False, True]
    time[0] = 1e6
    assert sum(bucket.take() == 0 for _ in range(100)) == 60


def test_who_asks_too_often_is_told_when_to_come_back(
    file: KeyFile, serve: Callable[..., Any]
) -> None:
    few, many = file.add("few", 2), file.add("many")
    client = serve(keys=file.path)
    statuses = [client.get("/v1/predictions", headers=bearing(few)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = client.get("/v1/predictions", headers=bearing(few))
    assert 1 <= int(refused.headers["retry-after"]) <= 31
    assert client.get("/v1/predictions", headers=bearing(many)).status_code == 200


def test_a_set_belongs_to_the_key_that_made_it(file: KeyFile, serve: Callable[..., Any]) -> None:
    anna, ben = file.add("anna"), file.add("ben")
    client = serve(keys=file.path)
    made = client.put("/v1/knowledge/team", json={"files": FILES}, headers=bearing(anna))
    assert made.json()["owner"] == "anna"
    assert client.get("/v1/risks?knowledge=team", headers=bearing(ben)).status_code == 200
    other = {"a.yaml": FILES["a.yaml"].replace("Evading", "Evaded")}
    answer = client.put("/v1/knowledge/team", json={"files": other}, headers=bearing(ben))
    assert answer.status_code == 403
    assert client.delete("/v1/knowledge/team", headers=bearing(ben)).status_code == 403
    assert client.delete("/v1/knowledge/team", headers=bearing(anna)).status_code == 204


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"keys": 1}', '{"keys": [{"name": "a", "sha256": "short"}]}',
     '{"keys": [{"name": "a", "sha256": "%s", "quota": 0}]}' % ("0" * 64)],
)  # fmt: skip
def test_a_file_that_is_none_of_keys_is_refused(file: KeyFile, text: str) -> None:
    Path(file.path).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no file of keys"):
        Keyring(file)


def test_keys_are_managed_on_the_command_line(
    file: KeyFile, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSCURRENT_KEYS", raising=False)
    assert main(["keys", "list"]) == 2
    assert "--file" in capsys.readouterr().err
    monkeypatch.setenv("CROSSCURRENT_KEYS", file.path)
    assert main(["keys", "list"]) == 1
    capsys.readouterr()
    assert main(["keys", "add", "anna", "--quota", "600"]) == 0
    key = capsys.readouterr().out.strip()
    holder = Keyring(file).holder(key)
    assert holder is not None
    assert (holder.name, holder.quota) == ("anna", 600)
    assert main(["keys", "add", "anna"]) == 2
    assert main(["keys", "add", "../anna"]) == 2
    capsys.readouterr()
    assert main(["keys", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed == {"keys": [{"name": "anna", "quota": 600, "job_seconds": None}]}
    assert main(["keys", "list"]) == 0
    assert "600 a minute" in capsys.readouterr().out
    assert main(["keys", "remove", "ana"]) == 2
    assert "did you mean anna" in capsys.readouterr().err
    assert main(["keys", "remove", "anna"]) == 0
    assert file.read() == ()


def test_keys_that_are_added_at_once_are_all_kept(file: KeyFile) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: KeyFile(file.path).add(f"key_{n}"), range(24)))
    assert {each.name for each in file.read()} == {f"key_{n}" for n in range(24)}
