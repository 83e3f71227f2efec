"""Requests for measurements: what is measured, on what and how, as values.

A request is the same value wherever it comes from: the command line, a program, a notebook, a
client of the service, the page. Its options are declared here, once; the options of
``crosscurrent validate``, the JSON schema of ``POST /v1/validations`` and the fields of the page's
form are made from these declarations. What concerns one terminal only, such as where a picture is
written, is no part of a request.
"""

from __future__ import annotations

from ._options import Option, option, whole_number
from ._protocol import Protocol, by_protocol, followed, protocol
from ._reading import from_json, from_values, json_schema
from ._request import Command, Request, Setup, commands, options
from .kinds import (
    REQUESTS,
    CollusionRequest,
    CombinationRequest,
    GridRequest,
    PairRequest,
    VariationRequest,
    pair_request,
)

__all__ = [
    "REQUESTS",
    "CollusionRequest",
    "CombinationRequest",
    "Command",
    "GridRequest",
    "Option",
    "PairRequest",
    "Protocol",
    "Request",
    "Setup",
    "VariationRequest",
    "by_protocol",
    "commands",
    "followed",
    "from_json",
    "from_values",
    "json_schema",
    "option",
    "options",
    "pair_request",
    "protocol",
    "whole_number",
]
