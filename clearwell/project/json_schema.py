"""The JSON schema of `defs.yaml`, for editors; generated from the specs, so it has all their keys.

A value that is not free text may also be a template, such as `{{ env.NAME }}`. Rules across several keys
(`mode: append` takes no `key`), and whether a table or file exists, are checked only by `clearwell check`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from clearwell.errors import ProjectError
from clearwell.project.documents import COMPONENTS, KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["defs_schema"]

_TEMPLATE = {"type": "string", "pattern": r"\{\{.*\}\}"}
_BY_NAME = ("properties", "$defs")
_LISTED = ("anyOf", "oneOf", "allOf")
_NARROW = ("enum", "const", "pattern")
_NOTES = ("description", "default")


def defs_schema(extended: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The schema of one document of a `defs.yaml`; other packages' components are ignored.

    ``extended`` has the types of the project, each with the one of ours that it extends.
    """
    from clearwell.sources import type_schema

    _, models = models_json_schema([(model, "validation") for model in COMPONENTS.values()])
    definitions = {name: _for_editors(model) for name, model in models["$defs"].items()}
    definitions["SourceModel"]["properties"]["columns"]["additionalProperties"] = type_schema()
    definitions["SourceModel"]["allOf"] = _options_by_format(definitions)
    own_types = {
        kind: [name for name, base in (extended or {}).items() if base == kind] for kind in COMPONENTS
    }
    components = [
        {
            "description": definitions[model.__name__]["description"],
            "properties": {
                **{key: {} for key in KEYS},
                "type": {"enum": [kind, *own]} if (own := own_types[kind]) else {"const": kind},
                "attributes": {"$ref": f"#/$defs/{model.__name__}"},
            },
            "required": ["type", "attributes"],
            "additionalProperties": False,
        }
        for kind, model in COMPONENTS.items()
    ]
    ours = "|".join([r"clearwell\.", *(f"{re.escape(name)}$" for name in extended or ())])
    pattern = f"^({ours})" if extended else f"^{ours}"
    foreign = {"properties": {"type": {"not": {"pattern": pattern}}}, "required": ["type"]}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A component of a Clearwell project",
        "type": "object",
        "properties": {"type": {"type": "string", "anyOf": [{"enum": [*COMPONENTS, *(extended or ())]}, {}]}},
        "oneOf": [*components, foreign],
        "$defs": definitions,
    }


def _options_by_format(definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """Which options each format takes; models within them go to ``definitions``.

    A plugin that cannot be loaded is left out: `clearwell check` says what is wrong with it.
    """
    from clearwell.sources import find_source, format_names

    found: list[dict[str, Any]] = []
    for format in format_names():
        try:
            model = find_source(format).options
        except ProjectError:
            continue
        then: dict[str, Any] = {"properties": {"options": {"type": "object", "maxProperties": 0}}}
        if model is not None:
            made = model.model_json_schema(ref_template=f"#/$defs/{format}.{{model}}")
            inner = made.pop("$defs", {})
            definitions.update({f"{format}.{name}": _for_editors(part) for name, part in inner.items()})
            then["properties"]["options"] = {**_for_editors(made), "additionalProperties": False}
            if made.get("required"):
                then["required"] = ["options"]
        found.append({"if": {"properties": {"format": {"const": format}}}, "then": then})
    return found


def _for_editors(node: dict[str, Any]) -> dict[str, Any]:
    """A part of pydantic's schema without titles that repeat the key, with templates allowed."""
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key in _BY_NAME:
            made[key] = {name: _for_editors(part) for name, part in value.items()}
        elif key in _LISTED:
            made[key] = [_for_editors(part) for part in value]
        elif isinstance(value, dict) and key in ("items", "additionalProperties"):
            made[key] = _for_editors(value)
        elif key != "title":
            made[key] = value
    is_free = made.get("type") not in ("integer", "number", "boolean")
    if is_free and not any(key in made for key in _NARROW):
        return made
    notes = {key: made.pop(key) for key in _NOTES if key in made}
    return {**notes, "anyOf": [made, _TEMPLATE]}
