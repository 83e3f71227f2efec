"""Policy for requests from outside: the code, data sets and devices that they may name."""

from __future__ import annotations

import os
from dataclasses import replace

from crosscurrent.knowledge.errors import InputError, legible
from crosscurrent.validator.requests import Request

from .settings import JobSettings

__all__ = ["admitted", "outward"]


def admitted(request: Request, settings: JobSettings) -> Request:
    """Return the request with the data set's place on this machine.

    Raises
    ------
    InputError
        A file outside the folder of data sets, a model that may not be imported, a defense or an
        attack named by its import path, or a device that no worker has.
    """
    for name in request.subjects():
        _subject(name)
    for model in request.models():
        _model(model, settings)
    if request.device not in settings.devices:
        raise InputError(
            f"device {legible(request.device)}: should be {' or '.join(settings.devices)};"
            " which of them it will be is the worker's to say"
        )
    return replace(request, dataset=_dataset(request.dataset, settings))


def outward(message: str, settings: JobSettings) -> str:
    """Return a message as its reader may see it: files named from the service's own folders."""
    for folder in filter(None, (settings.datasets, settings.folder)):
        for place in (os.path.realpath(folder), os.path.abspath(folder)):
            message = message.replace(os.path.join(place, ""), "")
    return message


def _subject(name: str) -> None:
    """Refuse an import path; what whoever runs the service has installed has a name."""
    if ":" in name:
        raise InputError(
            f"{legible(name)}: this service imports no path that a client names; whoever runs it"
            " may install a plug-in, and it is named by its id"
        )


def _model(name: str, settings: JobSettings) -> None:
    if ":" not in name:
        return
    if name not in settings.models and name.partition(":")[0] not in settings.models:
        raise InputError(
            f"model {legible(name)}: this service imports no such module; whoever runs it may"
            " allow it (models)"
        )


def _dataset(name: str | None, settings: JobSettings) -> str | None:
    from crosscurrent.validator.data import names, own_file

    if name is None or name in names():
        return name
    if not (os.path.dirname(name) or os.path.splitext(name)[1] or os.path.exists(name)):
        return name  # no file at all: whoever looks it up says which name was meant
    if settings.datasets is None:
        raise InputError(
            f"dataset {legible(name)}: this service has no data sets of its own;"
            f" there are {', '.join(names())}"
        )
    folder = os.path.realpath(settings.datasets)
    parts = name.replace("\\", "/").split("/")
    path = os.path.realpath(os.path.join(folder, name))
    if os.path.isabs(name) or ".." in parts or os.path.commonpath([folder, path]) != folder:
        raise InputError(
            f"dataset {legible(name)}: should be a file in the service's folder of data sets,"
            " named from there"
        )
    if not os.path.isfile(path):
        raise InputError(f"dataset {legible(name)}: there is no such file in the folder")
    own_file(path, folder)  # what its card names, or a link instead of it, is in the folder, too
    return path
