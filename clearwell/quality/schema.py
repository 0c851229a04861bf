"""The JSON schema of a suite, for editors: its keys, and the expectations of Great Expectations.

The names of expectations, their keyword arguments and descriptions come from the installed Great
Expectations; `clearwell check` asks it whether the values are consistent.
"""

from __future__ import annotations

from typing import Any

from clearwell.model import Severity
from clearwell.names import IDENTIFIER
from clearwell.quality.expectations import arguments_of
from clearwell.quality.importing import import_great_expectations
from clearwell.quality.parse import CHECK_KEYS, SUITE_KEYS
from clearwell.quality.suites import ROW_EXPECTATIONS

__all__ = ["suite_schema"]

_TEXT = {"type": "string", "pattern": r"\S"}
_SEVERITY = {
    Severity.CRITICAL: "The batch is blocked, and the table stays as it is.",
    Severity.WARNING: "The row goes to quarantine; a check of the whole table is only reported.",
    Severity.INFO: "It is reported.",
}


def suite_schema() -> dict[str, Any]:
    """The schema of a file of `expectations/`."""
    import_great_expectations()
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    kinds = {
        name: get_expectation_impl(name) for name in sorted(list_registered_expectation_implementations())
    }
    parts: dict[str, Any] = {
        "name": {
            "description": "Names the check in results and quarantine; default: derived from the columns.",
            "type": "string",
            "pattern": f"^(?:{IDENTIFIER.pattern})$",
        },
        "expectation": {
            "description": "The expectation of Great Expectations that must hold.",
            "anyOf": [{"const": name, "description": _first_line(kind)} for name, kind in kinds.items()],
        },
        "kwargs": {"description": "Its keyword arguments.", "type": "object"},
        "severity": {
            "description": "What happens when it fails.",
            "default": str(Severity.CRITICAL),
            "anyOf": [{"const": str(s), "description": _SEVERITY[s]} for s in Severity],
        },
        "why": {"description": "Why it must hold: shown beside its results.", **_TEXT},
    }
    check = {
        "type": "object",
        "properties": {key: parts[key] for key in CHECK_KEYS},
        "required": ["expectation"],
        "additionalProperties": False,
        "allOf": [*(_of(name, kind) for name, kind in kinds.items()), _rejects_whole_rows()],
    }
    checks = {"description": "What the table promises.", "type": "array", "minItems": 1, "items": check}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A suite of a Clearwell project",
        "type": "object",
        "properties": dict.fromkeys(SUITE_KEYS, checks),
        "required": list(SUITE_KEYS),
        "additionalProperties": False,
    }


def _of(name: str, kind: Any) -> dict[str, Any]:
    """If a check has that expectation, then these are its keyword arguments."""
    arguments = arguments_of(kind)
    known: dict[str, Any] = {
        key: {"description": text} if (text := field.field_info.description) else {}
        for key, field in arguments.items()
    }
    known["row_condition"] = {"description": "Only rows where this Spark SQL is true are checked.", **_TEXT}
    known["condition_parser"] = {"const": "spark"}
    required = [key for key, field in arguments.items() if field.required]
    kwargs = {
        "properties": {key: known[key] for key in arguments},
        "required": required,
        "additionalProperties": False,
    }
    needed = {"required": ["kwargs"]} if required else {}
    return {
        "if": {"properties": {"expectation": {"const": name}}, "required": ["expectation"]},
        "then": {"properties": {"kwargs": kwargs}, **needed},
    }


def _rejects_whole_rows() -> dict[str, Any]:
    """A check of rows that rejects has no `mostly`: a fraction of the rows rejects none."""
    of_rows = {
        "expectation": {"enum": sorted(ROW_EXPECTATIONS)},
        "severity": {"const": str(Severity.WARNING)},
    }
    return {
        "if": {"properties": of_rows, "required": list(of_rows)},
        "then": {"properties": {"kwargs": {"not": {"required": ["mostly"]}}}},
    }


def _first_line(kind: Any) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]
