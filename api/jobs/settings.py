"""Settings of jobs: the database and folder that keep them, and what owners may use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from crosscurrent.knowledge.storage import data_folder

__all__ = ["LIMIT", "JobSettings", "default_folder"]

LIMIT = "limit"
"""Name of the seconds for which a job may train, in what is known of it beforehand."""


def default_folder() -> str:
    """Return the folder of the service unless told otherwise: below ``$XDG_DATA_HOME``."""
    return os.path.join(data_folder(), "service")


@dataclass(frozen=True)
class JobSettings:
    """Settings that servers and workers share.

    Attributes
    ----------
    folder : str
        The service's own folder on this machine: trials, and the jobs too unless `database` is set.
    database : str or None
        ``postgresql://...`` to share jobs between machines; by default SQLite in the folder.
    datasets : str or None
        The only folder from which data sets may be named; None: only those that are built in.
    models : tuple of str
        ``package.module`` or ``package.module:Class`` that may be imported as models. Naming one
        is running its code, so there are none unless the operator says so.
    devices : tuple of str
        Kinds of devices there are workers for: ``cpu``, ``cuda``.
    executor : str
        Where workers train: ``here``, ``processes:N`` or ``ray``, as ``--executor`` takes it.
    max_jobs : int
        As many unfinished jobs as one owner may have.
    max_job_seconds : int
        Seconds for which a job may train, of all its processes together.
    """

    folder: str
    database: str | None = None
    datasets: str | None = None
    models: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    executor: str = "here"
    max_jobs: int = 100
    max_job_seconds: int = 86_400

    @property
    def url(self) -> str:
        """Where jobs are kept."""
        if self.database:
            return self.database
        return f"sqlite:///{os.path.join(os.path.abspath(self.folder), 'jobs.sqlite')}"

    @property
    def begun(self) -> bool:
        """Whether jobs may have been kept before: only a file can be seen not to be there."""
        return self.database is not None or os.path.isfile(self.url.removeprefix("sqlite:///"))

    @property
    def results(self) -> str:
        """The file in which this machine keeps finished trials."""
        return os.path.join(os.path.abspath(self.folder), "results.sqlite")

    def document(self) -> dict[str, Any]:
        """Return the settings ready for JSON; `JobSettings.read` reads them again."""
        return {**vars(self), "models": list(self.models), "devices": list(self.devices)}

    @classmethod
    def read(cls, document: dict[str, Any]) -> JobSettings:
        """Return the settings that `document` wrote."""
        lists = {name: tuple(document[name]) for name in ("models", "devices")}
        return cls(**{**document, **lists})
