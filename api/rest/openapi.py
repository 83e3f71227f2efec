"""The OpenAPI document: that of FastAPI, with records, problems and examples."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from crosscurrent.knowledge import deployment_files
from crosscurrent.knowledge.schema import schema
from crosscurrent.validator.requests import json_schema

from .examples import BODIES, PARAMETERS, examples
from .problems import MEDIA_TYPE
from .routes.catalogue import SECTIONS

__all__ = ["describe"]

_JSON = "application/json"
_PROBLEM = {
    "type": "urn:crosscurrent:problem:unknown-name",
    "title": "There is no such resource",
    "status": 404,
    "detail": "unknown defense 'adverserial_training' (did you mean adversarial_training?)",
    "request_id": "5f0c8b1e9a7d42c3b6e01f88",
    "suggestions": ["adversarial_training"],
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"]["examples"] = [_PROBLEM]
    schemas |= _records() | _deployments()
    if app.state.service.keyring is not None:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    answers = examples()
    for path, operation in _operations(document):
        name = operation["operationId"]
        if app.state.service.keyring is not None and path.startswith("/v1"):
            operation["security"] = [{"key": []}]
        _refer(operation, name)
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if status.startswith(("4", "5")):
                for kind in set(content) - {MEDIA_TYPE}:  # a problem has one of its own
                    del content[kind]
            elif name in answers:
                for kind, media in content.items():
                    media["example"] = answers.get(f"{name} {kind}", answers[name])
        chosen = {**PARAMETERS[""], **PARAMETERS.get(name, {})}
        for parameter in operation.get("parameters", ()):
            known = parameter["name"] in PARAMETERS.get(name, {}) or parameter["in"] == "path"
            if known and parameter["name"] in chosen:
                parameter["example"] = chosen[parameter["name"]]
        if name == "submit_validation":
            schemas["ValidationRequest"] = json_schema()
            shape = {"$ref": "#/components/schemas/ValidationRequest"}
            operation["requestBody"]["content"][_JSON]["schema"] = shape
        if name in BODIES:
            operation["requestBody"]["content"][_JSON]["example"] = dict(BODIES[name])
        if name in ("assess", "check"):
            text = {"example": yaml.safe_dump(BODIES[name], sort_keys=False)}
            operation["requestBody"]["content"]["application/yaml"] |= text
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _refer(operation: dict[str, Any], name: str) -> None:
    """Let the routes of the catalogue say which records they return."""
    for section, one in SECTIONS.items():
        kind = _record_types()[section]
        shape = {f"list_{section}": f"{kind}Page", f"get_{one}": f"{kind}Answer"}.get(name)
        if shape is not None:
            media = operation["responses"]["200"].setdefault("content", {}).setdefault(_JSON, {})
            media["schema"] = {"$ref": f"#/components/schemas/{shape}"}


@cache
def _record_types() -> dict[str, str]:
    """Return what the records of a section are called in the schema of knowledge files."""
    sections = schema()["properties"]
    return {name: each["items"]["$ref"].rpartition("/")[2] for name, each in sections.items()}


def _records() -> dict[str, Any]:
    """Return the schemas of records, pages of them, and single ones, from the record types."""
    written = schema()["$defs"]
    found: dict[str, Any] = {}
    for name, each in written.items():
        record = {k: v for k, v in each.items() if k not in ("if", "then")}
        needed = record.pop("else", {}).get("required", record.get("required", []))
        properties = {k: v for k, v in record.get("properties", {}).items() if k != "action"}
        if "properties" in record:
            record |= {"properties": properties, "required": needed}
        found[f"{name}Record"] = _moved(record)
    for section in SECTIONS:
        kind = _record_types()[section]
        record = found[f"{kind}Record"]
        record["properties"] = {"id": {"type": "string"}, **record["properties"]}
        record["required"] = list(dict.fromkeys(["id", *record["required"]]))
        found[f"{kind}Page"] = _object(
            knowledge={"type": "string"},
            next={"type": ["string", "null"]},
            **{section: _list(f"{kind}Record")},
        )
        found[f"{kind}Answer"] = _object(
            knowledge={"type": "string"},
            section={"const": section},
            record={"$ref": f"#/components/schemas/{kind}Record"},
            correlations={"type": "array", "items": {"type": "object"}},
            aliases={"type": "array", "items": {"type": "string"}},
            mappings=_list("MappedEntry"),
            **({"requirements": _list("RequirementRecord")} if section == "standards" else {}),
        )
    found["MappedEntry"] = _mapped(found["CatalogueMappingRecord"]["properties"])
    return found


def _deployments() -> dict[str, Any]:
    """Return the schemas of deployment files and of their parts."""
    written = deployment_files.schema()
    parts = {
        f"Deployment{name}": _moved(each, "Deployment{}") for name, each in written["$defs"].items()
    }
    whole = {k: v for k, v in written.items() if k not in ("$schema", "$defs")}
    return {**parts, "DeploymentFile": _moved(whole, "Deployment{}")}


def _mapped(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a mapping as a record's answer has it, with the catalogue's name."""
    text, optional = {"type": "string"}, {"type": ["string", "null"]}
    own = {name: fields[name] for name in ("id", "catalogue", "predicate", "stage", "sources")}
    return _object(
        **own,
        **dict.fromkeys(("name", "edition", "url"), text),
        **dict.fromkeys(("object", "label", "page", "note"), optional),
    )


def _moved(value: Any, called: str = "{}Record") -> Any:
    """Let references into another schema lead into this document, where its parts are called so."""
    if isinstance(value, dict):
        return {
            k: _reference(v, called) if k == "$ref" and isinstance(v, str) else _moved(v, called)
            for k, v in value.items()
        }
    return [_moved(each, called) for each in value] if isinstance(value, list) else value


def _reference(address: str, called: str) -> str:
    name = address.removeprefix("#/$defs/")
    return f"#/components/schemas/{called.format(name)}"


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
