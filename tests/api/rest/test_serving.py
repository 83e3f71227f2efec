"""A real process: how it is set, starts, and stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from crosscurrent.api.cli import main
from crosscurrent.api.rest.settings import PREFIX, Settings, SettingsError, read_settings

COMMAND = str(Path(sys.executable).with_name("crosscurrent"))


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*Settings.model_fields, "config"]:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def event(stream: IO[str], wanted: str) -> dict[str, Any]:
    """Read log lines up to an event."""
    for line in stream:
        found: dict[str, Any] = json.loads(line)
        if found["event"] == wanted:
            return found
    raise AssertionError(f"it ended without {wanted}")


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a service on a free port; end it whatever happens."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        yield process, event(process.stderr, "serving")["url"]
    finally:
        process.kill()
        process.communicate()


def test_it_starts_answers_and_stops_when_told(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as (process, url):
        with urllib.request.urlopen(f"{url}/v1/predictions/RD1/P2", timeout=30) as answer:
            assert json.load(answer)["conjecture"] == "increase"
        assert process.stderr is not None
        line = event(process.stderr, "request")
        assert (line["route"], line["status"]) == ("/v1/predictions/{defense}/{risk}", 200)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0
        assert out == "stopped\n"
        assert json.loads(err.splitlines()[-1])["event"] == "stopped"


def test_a_request_that_runs_is_answered_before_it_stops(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as (process, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            body = b'{"defense": "RD1", "hold": ["D2"]}'
            head = f"POST /v1/what-if HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
            head += "Content-Type: application/json\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + body[:5])  # the request has begun
            urllib.request.urlopen(f"{url}/health/live", timeout=30).close()
            process.send_signal(signal.SIGTERM)
            connection.sendall(body[5:])
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK")
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_a_port_in_use_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port, "--data", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"127.0.0.1 port {port}: Address already in use" in line


@pytest.mark.parametrize(
    ("words", "variables", "told"),
    [
        (["--port", "99999"], {}, "setting port (CROSSCURRENT_PORT)"),
        ([], {"PORT": "http"}, "setting port (CROSSCURRENT_PORT)"),
        ([], {"PROT": "9000"}, "did you mean CROSSCURRENT_PORT?"),
        ([], {"CORS_ORIGINS": "lab.example"}, "setting cors_origins"),
        ([], {"LOG_LEVEL": "loud"}, "setting log_level"),
        ([], {"MAX_BODY_SIZE": "1"}, "setting max_body_size"),
        (["--keys", "no-such-file"], {}, "no-such-file"),
        (["--config", "no-such-file"], {}, "no-such-file: can't be read"),
        (["--knowledge", "no-such-folder"], {}, "no-such-folder"),
        (["--host", "not a host"], {"OPEN": "true"}, "can't listen on not a host"),
        (
            ["--host", "0.0.0.0"],
            {},
            "may be reached from elsewhere: give keys, or set open",
        ),
        (["--host", "lab.example"], {}, "lab.example may be reached from elsewhere"),
        ([], {"KEYS": ""}, "CROSSCURRENT_KEYS is empty"),
    ],
)
def test_wrong_settings_keep_it_from_starting(
    words: list[str],
    variables: dict[str, str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: pytest.fail("it starts"))
    free = [] if "PORT" in variables else ["--port", "0"]
    try:
        status = main(["serve", *free, "--data", str(tmp_path), *words])
    finally:
        os.environ.pop(f"{PREFIX}CONFIG", None)  # --config sets it
    assert status in (1, 2)
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("port: many", "setting port"),
        ("prot: 1", "there is no setting prot (did you mean port?)"),
        ("- port", "should be settings"),
        ("port: [", "is not YAML"),
        ("port: 1\nmax_versions: 0", "setting max_versions"),
        ("[" * 1500, "is not YAML"),
        ("data: ''", "setting data"),
    ],
)
def test_a_wrong_file_of_settings_is_told(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv(f"{PREFIX}CONFIG", str(file))
    with pytest.raises(SettingsError) as caught:
        read_settings({})
    assert told in str(caught.value)


def test_what_is_given_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("port: 1\nhost: file\ngrace: 3\nknowledge: [a, b]\n", encoding="utf-8")
    monkeypatch.setenv(f"{PREFIX}CONFIG", str(file))
    monkeypatch.setenv(f"{PREFIX}HOST", "environment")
    monkeypatch.setenv(f"{PREFIX}PORT", "2")
    found = read_settings({"port": 3})
    assert (found.port, found.host, found.grace) == (3, "environment", 3)
    assert found.knowledge == ("a", "b")
    monkeypatch.setenv(f"{PREFIX}KNOWLEDGE", os.pathsep.join(["c", "d"]))
    monkeypatch.setenv(f"{PREFIX}CORS_ORIGINS", "https://a.example,http://b.example:8080")
    assert read_settings({}).knowledge == ("c", "d")
    assert read_settings({}).cors_origins == ("https://a.example", "http://b.example:8080")


def test_variables_that_are_no_settings_are_named_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}TOTALLY_ELSE", "1")
    with running("--data", str(tmp_path)) as (process, _):
        assert process.stderr is not None
        assert event(process.stderr, "no such setting")["name"] == f"{PREFIX}TOTALLY_ELSE"


def test_every_setting_is_documented() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "serve.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` | {field.description} |" in guide


def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crosscurrent.api.cli.serve.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=r"pip install 'crosscurrent\[serve\]'"):
        main(["serve"])


def test_asking_anything_else_does_not_import_the_service() -> None:
    script = (
        "import sys\nfrom crosscurrent.api.cli import main\nmain(['predict', 'RD1', '--json'])\n"
        "heavy = {'fastapi', 'pydantic', 'starlette', 'crosscurrent.api.rest'}\n"
        "assert not heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]


def test_a_server_that_keeps_no_jobs_imports_nothing_that_keeps_them_or_trains(
    tmp_path: Path,
) -> None:
    script = (
        "import sys\nfrom crosscurrent.api.app import create_app\n"
        "from crosscurrent.api.rest.settings import Settings\n"
        "create_app(Settings(data=sys.argv[1]))\n"
        "assert not {'dbos', 'matplotlib', 'numpy', 'torch'} & set(sys.modules)\n"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "data")]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
