"""Promises of docs/deploy about running the service, as far as they show without engines.

Files are read as the tools read them, their commands by the real parser and their settings by the
real checks; then what compose.yaml describes is run as processes of this machine.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from databases import postgresql
from running import tiny, until

from crosscurrent.api.cli import serve, worker
from crosscurrent.api.cli.parser import parser, parsers
from crosscurrent.api.rest.settings import PREFIX, Settings, read_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMPOSED = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted(DEPLOY.glob("*.service"))
COMMAND = str(Path(sys.executable).with_name("crosscurrent"))
PATIENCE = 120


class Instruction(NamedTuple):
    """A line of a Dockerfile, and from which FROM on it counts."""

    stage: int
    word: str
    rest: str


def instructions() -> list[Instruction]:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found, stage = [], -1
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        stage += word == "FROM"
        found.append(Instruction(stage, word, rest.strip()))
    return found


def image(word: str) -> list[str]:
    """Return what the last stage, which is the image, says under a word."""
    lines = instructions()
    return [each.rest for each in lines if (each.stage, each.word) == (lines[-1].stage, word)]


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in image("ENV") for pair in line.split())


def health() -> list[str]:
    """Return the command by which an engine asks whether the service lives."""
    (line,) = image("HEALTHCHECK")
    command: list[str] = json.loads(line[line.index("[") :])
    return command


def asked(words: list[str]) -> Namespace:
    """Parse a command as the command line does."""
    try:
        found: Namespace = parser().parse_args(words)
    except SystemExit as error:
        raise AssertionError(f"crosscurrent {shlex.join(words)} is no command") from error
    return found


def filled(value: Any, variables: Mapping[str, str]) -> Any:
    """Put variables into a text of a compose file, as compose does."""

    def one(found: re.Match[str]) -> str:
        name, how, other = found.groups()
        own = variables.get(name, "")
        if how == ":+":
            return other if own else ""
        assert own or how == ":-", f"{name} must be set: {other}"
        return own or other

    if isinstance(value, dict):
        # a variable without a value is passed on if it is set
        given = {k: variables.get(k) if v is None and PREFIX in k else v for k, v in value.items()}
        return {
            key: filled(each, variables)
            for key, each in given.items()
            if each is not None or PREFIX not in key
        }
    if isinstance(value, list):
        return [filled(each, variables) for each in value]
    return re.sub(r"\$\{(\w+)(:[-?+])([^}]*)\}", one, value) if isinstance(value, str) else value


def composed(**variables: str) -> dict[str, Any]:
    found: dict[str, Any] = filled(COMPOSED, {f"{PREFIX}PASSWORD": "any", **variables})
    return found


def settings_of(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, *given: str
) -> Settings:
    """Read the service's settings from an environment, as it does when it starts."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        if name.startswith(PREFIX):
            assert name.removeprefix(PREFIX).lower() in {*Settings.model_fields, *given}, name
            monkeypatch.setenv(name, value)
    return read_settings({})


def worker_variables() -> set[str]:
    (worker,) = [each for each in parsers(parser()) if each.prog == "crosscurrent worker"]
    return set(re.findall(rf"{PREFIX}\w+", " ".join(worker.format_help().split())))


# the image


def test_the_image_has_exactly_the_versions_that_tests_ran_with() -> None:
    installs = [part for each in instructions() if each.word == "RUN"
                for part in each.rest.split("&&") if "pip install" in part]  # fmt: skip
    assert installs
    for each in installs:
        assert "-c constraints.txt" in each
    extras = {name for each in installs for names in re.findall(r"\.\[([\w,]+)\]", each)
              for name in names.split(",")}  # fmt: skip
    assert extras == {"serve", "validate"}
    assert extras <= PROJECT["project"]["optional-dependencies"].keys()
    (pinned,) = re.findall(r"FROM python:([\d.]+)-slim AS", "\n".join(
        f"{each.word} {each.rest}" for each in instructions()))  # fmt: skip
    assert f"Programming Language :: Python :: {pinned}" in PROJECT["project"]["classifiers"]


def test_torch_comes_without_cuda_and_nothing_else_comes_from_its_index() -> None:
    (index,) = [each.rest for each in instructions() if each.word == "ARG"]
    assert index == "TORCH_INDEX=https://download.pytorch.org/whl/cpu"
    runs = [each.rest for each in instructions() if each.word == "RUN"]
    (first, *others) = [run for run in runs if "pip install" in run]
    assert shlex.split(first)[-1] == "torch"
    assert "--no-deps --index-url ${TORCH_INDEX}" in first
    assert not any("index" in run for run in others)


def test_all_that_is_copied_is_there_and_let_through_and_makes_the_whole_package() -> None:
    own = [each.rest.split() for each in instructions() if each.word == "COPY"]
    copied = {name for words in own if "--from" not in words[0] for name in words[:-1]}
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    through = {rule[1:] for rule in rules if rule.startswith("!")}
    assert "*" in rules
    assert copied == through
    assert all((ROOT / name).exists() for name in copied)
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]) <= copied
    assert {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]} <= copied
    assert not any(fnmatch(name, rule) for name in copied for rule in rules if "pycache" in rule)


def test_the_image_runs_the_service_as_nobody_in_particular(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (user,) = image("USER")
    assert int(user) >= 1000
    entry, words = (json.loads(each) for name in ("ENTRYPOINT", "CMD") for each in image(name))
    assert entry == ["crosscurrent"]
    assert asked(words).run is serve.run
    (volume,), (port,) = image("VOLUME"), image("EXPOSE")
    environment = image_environment()
    found = settings_of(environment, monkeypatch)
    assert found.data.startswith(f"{volume}/")
    assert (found.host, found.port) == ("0.0.0.0", int(port))
    assert health()[0] == "python"


# compose


def test_every_command_and_setting_of_compose_is_a_real_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services = composed()["services"]
    assert asked(services["service"]["command"]).run is serve.run
    environment = {**image_environment(), **services["service"]["environment"]}
    settings_of(environment, monkeypatch).require_intent()
    for name in ("worker", "gpu-worker"):
        assert asked(services[name]["command"]).run is worker.run
        given = {each for each in services[name]["environment"] if each.startswith(PREFIX)}
        assert given <= worker_variables()
    assert asked(services["gpu-worker"]["command"]).device == "cuda:0"


def test_the_composed_service_trains_nothing_and_is_reached_from_this_machine_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = composed()["services"]["service"]
    found = settings_of({**image_environment(), **service["environment"]}, monkeypatch)
    assert found.workers == ()
    assert found.keys is None
    (port,) = service["ports"]
    assert port == f"127.0.0.1:8000:{found.port}"
    assert float(service["stop_grace_period"].removesuffix("s")) > found.grace


def test_composed_parts_find_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {f"{PREFIX}KNOWLEDGE": "/home/ann/knowledge", f"{PREFIX}PASSWORD": "p@ss/w:rd"}
    everything = composed(**variables)
    services = everything["services"]
    for name in ("service", "worker", "gpu-worker"):
        each = services[name]
        assert (DEPLOY / each["build"]["context"] / each["build"]["dockerfile"]).is_file()
        assert (DEPLOY / each["build"]["context"]).resolve() == ROOT
        assert each["depends_on"] == {"database": {"condition": "service_healthy"}}
        address = re.fullmatch(
            r"postgresql://(\w+)@(\w+)/(\w+)", each["environment"][f"{PREFIX}DATABASE"]
        )
        assert address is not None
        user, host, database = address.groups()
        assert services[host]["environment"]["POSTGRES_USER"] == user
        assert ["--username", user, "--dbname", database] == services[host]["healthcheck"]["test"][
            2:
        ]
        assert each["environment"]["PGPASSWORD"] == variables[f"{PREFIX}PASSWORD"]
        assert services[host]["environment"]["POSTGRES_PASSWORD"] == "p@ss/w:rd"
        mounted = dict(reversed(volume.split(":")[:2]) for volume in each["volumes"])
        assert image("VOLUME") == [path for path, what in mounted.items() if what == "data"]
        assert each["environment"][f"{PREFIX}DATASETS"] in mounted
        assert {what for what in mounted.values() if "/" not in what} <= everything[
            "volumes"
        ].keys()
        assert all(v.endswith(":ro") for v in each["volumes"] if not v.startswith("data:"))
    assert services["service"]["environment"][f"{PREFIX}KNOWLEDGE"] == "/knowledge"
    assert mounted_at("service", "/knowledge", everything) == "/home/ann/knowledge"
    assert composed()["services"]["service"]["environment"][f"{PREFIX}KNOWLEDGE"] == ""


def mounted_at(service: str, path: str, everything: dict[str, Any]) -> str:
    """Return what a service of a compose file sees under a path."""
    pairs = [volume.split(":") for volume in everything["services"][service]["volumes"]]
    (found,) = [pair[0] for pair in pairs if pair[1] == path]
    return str(found)


def test_every_container_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, each in composed()["services"].items():
        assert re.fullmatch(r"[1-9][0-9]*g", str(each["mem_limit"])), name
        assert float(each["cpus"]) > 0, name
        assert int(each["pids_limit"]) > 0, name
    service = composed()["services"]["service"]
    found = settings_of({**image_environment(), **service["environment"]}, monkeypatch)
    assert (found.keys, found.hosts) == (None, ())  # addresses and localhost: no rebinding


def test_the_gpu_worker_has_an_image_of_its_own() -> None:
    services = composed()["services"]
    own = services["gpu-worker"]
    assert own["image"] != services["worker"]["image"] == services["service"]["image"]
    assert own["build"]["args"].keys() == {
        each.rest.partition("=")[0] for each in instructions() if each.word == "ARG"
    }


# systemd


def unit(path: Path) -> dict[str, list[str]]:
    """Return the settings of a unit, in all sections."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("instance", ["cpu", "cuda:0"])
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_command_and_setting_of_a_unit_is_a_real_one(
    path: Path, instance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = unit(path)
    environment = dict(each.split("=", 1) for each in found["Environment"])
    (start,) = found["ExecStart"]
    start = re.sub(r"\$\{(\w+)\}", lambda m: environment[m[1]], start.replace("%i", instance))
    program, *words = shlex.split(start)
    assert program == "/opt/crosscurrent/bin/crosscurrent"
    arguments = asked(words)
    if arguments.run is serve.run:
        assert settings_of(environment, monkeypatch, "cache").workers == ()
    else:
        assert arguments.device == instance
        own = {name for name in environment if name.startswith(PREFIX)}
        assert own <= worker_variables() | {f"{PREFIX}CACHE"}
    (folder,) = found["StateDirectory"]
    assert environment[f"{PREFIX}DATA"] == f"%S/{folder}"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_may_do_no_more_than_it_must(path: Path) -> None:
    found = unit(path)
    for key in (
        "DynamicUser", "NoNewPrivileges", "ProtectHome", "ProtectClock", "ProtectHostname",
        "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
        "ProtectControlGroups", "PrivateTmp", "LockPersonality", "RestrictNamespaces",
        "RestrictRealtime", "RestrictSUIDSGID",
    ):  # fmt: skip
        assert found[key] == ["yes"], key
    assert found["MemoryMax"][0].endswith("%")
    assert int(found["TasksMax"][0]) > 0
    assert found["ProtectSystem"] == ["strict"]
    assert found["CapabilityBoundingSet"] == [""]
    assert found["SystemCallFilter"] == ["@system-service"]
    assert ("PrivateDevices" in found) != ("DeviceAllow" in found)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_a_unit(path: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt install systemd)")
    copy = tmp_path / path.name
    text = path.read_text(encoding="utf-8").replace("/opt/crosscurrent/bin/crosscurrent", COMMAND)
    copy.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


# the guide


def test_every_command_of_the_guide_is_a_real_one() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    shown = "\n".join(re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)).replace("\\\n", " ")
    commands = re.findall(
        r"(?:bin/crosscurrent|service|^crosscurrent) ((?:serve|worker|keys)\b[^#\n|>]*)",
        shown,
        re.MULTILINE,
    )
    assert len(commands) > 2
    for each in commands:
        asked(shlex.split(each))
    for name in re.findall(r"docs/deploy/[\w.@-]+", guide):
        assert (ROOT / name).exists() or name == "docs/deploy/.env", name


def test_the_guide_lists_what_compose_takes_from_the_environment() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    taken = set(re.findall(rf"\$\{{(\w+)|^ +({PREFIX}\w+): *(?:#|$)", text, re.MULTILINE))
    taken = {name for names in taken for name in names if name}
    assert taken == set(re.findall(rf"^\| `({PREFIX}\w+)` \|", guide, re.MULTILINE))


# all of it, as processes


@pytest.fixture
def server() -> Iterator[str]:
    """Run PostgreSQL; yield the beginning of its databases' URLs."""
    with postgresql() as found:
        yield found.url


def test_what_compose_describes_answers_trains_and_stops(
    server: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Run service, workers and database as compose.yaml says, but for containers and addresses."""
    knowledge, datasets = tmp_path / "knowledge", tmp_path / "datasets"
    knowledge.mkdir()
    own = "correlations: [{subject: watermarking, factor: tail_length, action: revise, sign: '-'}]"
    (knowledge / "own.yaml").write_text(own)
    shutil.copytree(ROOT / "docs" / "examples" / "loans", datasets)
    everything = composed(
        CROSSCURRENT_PASSWORD="p@ss/w:rd",
        CROSSCURRENT_KNOWLEDGE=str(knowledge),
        CROSSCURRENT_DATASETS=str(datasets),
    )
    services = everything["services"]
    create_database(server, services["database"])
    with ExitStack() as stack:

        def start(name: str, **more: str) -> subprocess.Popen[str]:
            environment = {**image_environment(), **services[name]["environment"]}
            for pair in services[name]["volumes"]:
                what, path = pair.split(":")[:2]
                here = str(tmp_path / "data") if what == "data" else what
                environment = {
                    key: re.sub(rf"^{path}(?=/|$)", here, value)
                    for key, value in environment.items()
                }
            address = environment[f"{PREFIX}DATABASE"].replace("@database/", "@/")
            environment |= {f"{PREFIX}DATABASE": f"{address}?{server.partition('?')[2]}", **more}
            del environment["PATH"]
            process = subprocess.Popen(
                [COMMAND, *services[name]["command"]],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        replicas = int(services["worker"]["deploy"]["replicas"])
        workers = [start("worker") for _ in range(replicas)]
        service = start("service", CROSSCURRENT_HOST="127.0.0.1", CROSSCURRENT_PORT="0")
        assert service.stderr is not None
        url = json.loads(service.stderr.readline())["url"]
        until(lambda: lives(url.rpartition(":")[2]), "it should be healthy")
        assert not lives("1")

        request = tiny(defense="watermarking", dataset="loans.csv")
        job = asking(url, "/v1/validations", request)
        events = urllib.request.urlopen(
            f"{url}/v1/validations/{job['id']}/events", timeout=PATIENCE
        )
        with events:  # it ends with the job
            kinds = re.findall(r"^event: (\w+)", events.read().decode(), re.MULTILINE)
        assert (kinds[0], kinds[-1]) == ("accepted", "succeeded")
        result = asking(url, f"/v1/validations/{job['id']}/result")
        known = asking(url, "/v1/predictions/watermarking/evasion")
        assert result["conjecture"] == known["conjecture"] == "decrease"

        assert waiting(url) == {"queued": 0, "running": 0}

        for process in (*workers, service):
            process.send_signal(signal.SIGTERM)
        for process in (*workers, service):
            _, err = process.communicate(timeout=PATIENCE)
            assert (process.returncode, "Traceback" in err) == (0, False)


def create_database(server: str, described: dict[str, Any]) -> None:
    """Do as the image of PostgreSQL does when it is new, and ask for its health."""
    import psycopg

    user, password = (described["environment"][f"POSTGRES_{name}"] for name in ("USER", "PASSWORD"))
    with psycopg.connect(server.format("postgres"), autocommit=True) as made:
        made.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{password}'")
        made.execute(f"CREATE DATABASE {user} OWNER {user}")
        ((rules,),) = made.execute("SHOW hba_file").fetchall()
        others = Path(rules).read_text()
        Path(rules).write_text(f"local all {user} scram-sha-256\n{others}")
        made.execute("SELECT pg_reload_conf()")
    program, *words = described["healthcheck"]["test"][1:]
    places = [shutil.which(program), *glob.glob(f"/usr/lib/postgresql/*/bin/{program}")]
    found = next(filter(None, places))
    host = server.partition("host=")[2]
    subprocess.run([found, "--host", host, *words], check=True, timeout=60, capture_output=True)


def waiting(url: str) -> dict[str, int]:
    """Look at the figures that the guide names."""
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (name,) = set(re.findall(r"`(crosscurrent_validations)\{", guide))
    with urllib.request.urlopen(f"{url}/metrics", timeout=PATIENCE) as answer:
        found = re.findall(
            rf'^{name}\{{state="(\w+)"\}} (\S+)', answer.read().decode(), re.MULTILINE
        )
    return {state: int(float(count)) for state, count in found}


def lives(port: str) -> bool:
    """Whether the image's own health check finds a service at that port."""
    command = [sys.executable, *health()[1:]]
    environment = {**os.environ, f"{PREFIX}PORT": port}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def asking(url: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Send a request; return its document, or fail with what the problem says."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error
