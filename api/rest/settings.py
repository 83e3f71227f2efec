"""Settings of the service: from the command line, the environment and a file, all checked."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from crosscurrent.api.jobs.settings import JobSettings, default_folder
from crosscurrent.knowledge.errors import InputError, clip, suggest
from crosscurrent.validator.run import executor_names

__all__ = ["PREFIX", "Settings", "SettingsError", "read_settings", "unknown"]

PREFIX = "CROSSCURRENT_"
_CONFIG, _KEYS = f"{PREFIX}CONFIG", f"{PREFIX}KEYS"
_LARGEST_FILE = 1024 * 1024
_KIND = re.compile(r"cpu|cuda")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")
_DEVICE = re.compile(r"cpu|cuda(:[0-9]{1,3})?")
_DETAILS = {"here": "", "processes": "(:[1-9][0-9]{0,8})?"}
"""What may follow the name of an executor, where that is less than any text."""
_SEPARATORS = {
    "knowledge": os.pathsep,
    "cors_origins": ",",
    "hosts": ",",
    "workers": ",",
    "devices": ",",
    "models": ",",
}


class SettingsError(InputError, ValueError):
    """Settings with which the service can't start; the message names each."""


class Settings(BaseSettings):
    """The settings of the service; a description of each is shown in docs/serve.md."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(
        default=8000, ge=0, le=65535, description="port to listen on; 0 chooses a free one"
    )
    knowledge: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="folders of your own knowledge, applied on top of the built-in knowledge",
    )
    data: str = Field(
        default_factory=default_folder,
        min_length=1,
        description="folder for uploaded knowledge, jobs and results; servers may share it",
    )
    keys: str | None = Field(
        default=None, min_length=1, description="file of API keys; without it no key is required"
    )
    open: bool = Field(
        default=False,
        description="allow access from other machines without keys; set it only if something else"
        " controls access",
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="names under which the service may be asked, such as lab.example; * for any;"
        " without keys, addresses and this machine's own names always are; /mcp answers under this"
        " machine's own names and these alone",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="origins whose web pages may call the API, such as https://lab.example; default"
        " none",
    )
    mcp: bool = Field(
        default=False,
        description="answer the Model Context Protocol at /mcp, which takes the extra mcp",
    )
    database: str | None = Field(
        default=None,
        pattern=r"^postgres(ql)?://",
        description="PostgreSQL database of validation jobs; without it a file in the data folder",
    )
    workers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("cpu",),
        description="devices of the workers that this server starts, such as cpu or cuda:0; none to"
        " leave measuring to crosscurrent worker",
    )
    devices: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("cpu",), description="kinds of devices that validations may request: cpu, cuda"
    )
    executor: str = Field(
        default="here",
        description="where workers train: here, processes:N of their machine, or on a Ray cluster,"
        " ray or ray:HOST:PORT",
    )
    datasets: str | None = Field(
        default=None, min_length=1, description="folder of data sets that validations may name"
    )
    models: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="modules, or module:Class, that validations may name as models; their code is"
        " run",
    )
    max_jobs: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="maximum number of unfinished validations per key",
    )
    max_job_seconds: int = Field(
        default=86_400,
        ge=1,
        le=31_536_000,
        description="seconds for which one validation may train; a key may have less",
    )
    max_body_size: int = Field(
        default=2 * 1024 * 1024,
        ge=1024,
        le=64 * 1024 * 1024,
        description="maximum request body in bytes",
    )
    max_versions: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="maximum number of knowledge-set versions per key, including retired ones",
    )
    max_seconds: int = Field(
        default=10,
        ge=1,
        le=3600,
        description="seconds of processor time that one question may take",
    )
    grace: int = Field(
        default=10,
        ge=0,
        le=3600,
        description="seconds for running requests to finish at shutdown",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="minimum severity of log lines"
    )

    @field_validator(*_SEPARATORS, mode="before")
    @classmethod
    def _listed(cls, value: object, info: Any) -> object:
        """Read a list as the environment writes it."""
        if isinstance(value, str):
            return [part for part in value.split(_SEPARATORS[info.field_name]) if part]
        return value

    @field_validator("workers", "devices")
    @classmethod
    def _known_devices(cls, value: tuple[str, ...], info: Any) -> tuple[str, ...]:
        if info.field_name == "workers" and value == ("none",):
            return ()
        shape = _DEVICE if info.field_name == "workers" else _KIND
        for each in value:
            if not shape.fullmatch(each):
                raise ValueError(f"{clip(each)!r} is no device, such as cpu or cuda")
        return value

    @field_validator("executor")
    @classmethod
    def _known_executor(cls, value: str) -> str:
        name = value.partition(":")[0]
        after = _DETAILS.get(name, r"(:\S+)?")
        if name not in executor_names() or not re.fullmatch(after, value.removeprefix(name)):
            raise ValueError(f"{clip(value)!r} is no executor, such as processes:2 or ray")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            scheme, found, rest = origin.partition("://")
            if scheme not in ("http", "https") or not found or not rest or "/" in rest:
                raise ValueError(f"{clip(origin)!r} is no origin, such as https://lab.example")
        return value

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name != "*" and not _HOST.fullmatch(name):
                raise ValueError(f"{clip(name)!r} is no host's name, such as lab.example")
        return value

    def require_intent(self) -> None:
        """Raise `SettingsError` if strangers might ask and nobody said that they may."""
        if not (self.keys or self.open or self.loopback):
            raise SettingsError(
                f"{clip(self.host)} may be reached from elsewhere: give keys, or set open"
                f" ({PREFIX}OPEN=true) if everyone who reaches it may ask"
            )

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def for_jobs(self) -> JobSettings:
        """Return what jobs and workers need to know."""
        kinds = dict.fromkeys([*self.devices, *(each.partition(":")[0] for each in self.workers)])
        return JobSettings(
            folder=self.data,
            database=self.database,
            datasets=self.datasets,
            models=self.models,
            devices=tuple(kinds),
            executor=self.executor,
            max_jobs=self.max_jobs,
            max_job_seconds=self.max_job_seconds,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let what is given win over the environment, and that over the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _File(settings_cls)


class _File(PydanticBaseSettingsSource):
    """The settings in the YAML file that ``CROSSCURRENT_CONFIG`` names."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        del field
        return _file().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return _file()


def _file() -> dict[str, Any]:
    name = os.environ.get(_CONFIG)
    if not name:
        return {}
    try:
        with open(name, encoding="utf-8") as stream:
            text = stream.read(_LARGEST_FILE + 1)
        if len(text) > _LARGEST_FILE:
            raise SettingsError(f"{name}: larger than a settings file can be")
        content = yaml.safe_load(text)
    except OSError as error:
        raise SettingsError(f"{name}: can't be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise SettingsError(f"{name}: is not YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{name}: should be settings, such as port: 8000")
    return {str(key): value for key, value in content.items()}


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Return the settings: those given, then the environment's, then the file's, then defaults.

    Raises
    ------
    SettingsError
        If any is wrong; the message names all that are.
    """
    wrong = _misspelt()
    if "keys" not in given and os.environ.get(_KEYS) == "":
        wrong.append(f"{_KEYS} is empty: name the file of keys, or unset it to ask for none")
    try:
        settings = Settings(**given)
    except ValidationError as error:
        wrong += [_told(each["loc"], each["msg"], each["type"]) for each in error.errors()]
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings


def _told(place: tuple[int | str, ...], message: str, kind: str) -> str:
    name = clip(".".join(map(str, place)))
    if kind == "extra_forbidden":
        close = suggest(name, Settings.model_fields)
        hint = f"did you mean {' or '.join(close)}?" if close else ", ".join(Settings.model_fields)
        return f"there is no setting {name} ({hint})"
    field = name.partition(".")[0]
    return f"setting {name} ({PREFIX}{field.upper()}): {message.removeprefix('Value error, ')}"


def unknown() -> dict[str, tuple[str, ...]]:
    """Return variables of the environment that look like settings and are none.

    With each, the settings that it is nearly named as.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    others = {_CONFIG, f"{PREFIX}CACHE", f"{PREFIX}RESULTS"}
    return {
        name: suggest(name.removeprefix(PREFIX).lower(), Settings.model_fields)
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known | others
    }


def _misspelt() -> list[str]:
    wrong = []
    for name, close in unknown().items():
        if close:
            meant = " or ".join(f"{PREFIX}{each.upper()}" for each in close)
            wrong.append(f"there is no setting {clip(name)} (did you mean {meant}?)")
    return wrong
