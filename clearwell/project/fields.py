"""The kinds of strings in a project's YAML: names, tables, transforms, owners, schedules.

Each refuses an invalid value, with a hint how to write it.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from clearwell.errors import ProjectError
from clearwell.names import IDENTIFIER, TableName, Zone, require_identifier

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = [
    "Columns",
    "Cron",
    "Format",
    "InputTable",
    "Moment",
    "Name",
    "Owner",
    "ReadFiles",
    "TransformRef",
    "distinct",
    "refuse",
]

_OWNER = re.compile(r"team:\S+|[^@\s]+@[^@\s]+\.[^@\s]+")
_CRON = re.compile(r"@(hourly|daily|weekly|monthly|yearly)|\S+( \S+){4}")
_TRANSFORM = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_CONSUMABLE = (Zone.BRONZE, Zone.SILVER, Zone.GOLD)
_INPUT = re.compile(rf"({'|'.join(_CONSUMABLE)})_.+")


def refuse(fact: str, hint: str | None = None) -> PydanticCustomError:
    """The error of a validator: ``fact`` and ``hint`` become those of a ProjectError."""
    return PydanticCustomError("clearwell", "{fact}", {"fact": fact, "hint": hint})


def distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    """``values``, if there are no duplicates."""
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise refuse(f"{twice[0]!r} is listed twice", "remove one")
    return values


def _identifier(text: str) -> str:
    try:
        return require_identifier(text, what="table, dataset or report")
    except ProjectError as error:
        raise refuse(error.fact, error.hint) from error


def _input_table(text: str) -> str:
    try:
        name = TableName.parse(text)
    except ProjectError as error:
        raise refuse(error.fact, error.hint) from error
    if name.zone not in _CONSUMABLE:
        raise refuse(f"{text!r} cannot be an input", "inputs are bronze_, silver_ and gold_ tables")
    return text


def _matches(pattern: re.Pattern[str], what: str, example: str) -> AfterValidator:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise refuse(f"{text!r} is not {what}", f"write it as {example}")
        return text

    return AfterValidator(check)


def _seen_as(pattern: re.Pattern[str]) -> WithJsonSchema:
    """The JSON schema pattern for such a string, which editors check while you type."""
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern.pattern})$"})


def _readable(format: str) -> str:
    from clearwell.sources import find_source

    try:
        find_source(format)
    except ProjectError as error:
        raise refuse(error.fact, error.hint) from error
    return format


class _Formats:
    """In a schema: the formats that are built in, and those of the plugins that are installed."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        from clearwell.sources import format_names

        return {"type": "string", "enum": list(format_names())}


def _as_moment(value: date | datetime | int | str) -> date | datetime | int | str:
    if isinstance(value, str):
        for kind in (date, datetime):
            try:
                return kind.fromisoformat(value)
            except ValueError:
                continue
    return value


def _in_project(pattern: str) -> str:
    parts = PurePosixPath(pattern).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise refuse(
            f"{pattern!r} is not a path within the project",
            "write it from the project's root: assets/queries/*.sql",
        )
    return pattern


Name = Annotated[str, AfterValidator(_identifier), _seen_as(IDENTIFIER)]
Format = Annotated[str, AfterValidator(_readable), _Formats()]
InputTable = Annotated[str, AfterValidator(_input_table), _seen_as(_INPUT)]
TransformRef = Annotated[
    str,
    _matches(_TRANSFORM, "a transform", '"assets.flights:clean" (module:function)'),
    _seen_as(_TRANSFORM),
]
Owner = Annotated[
    str, _matches(_OWNER, "an owner", '"team:operations" or an e-mail address'), _seen_as(_OWNER)
]
Cron = Annotated[str, _matches(_CRON, "a schedule", '"0 6 * * *" (cron) or "@daily"'), _seen_as(_CRON)]
Moment = Annotated[date | datetime | int | str, AfterValidator(_as_moment)]
Columns = Annotated[tuple[str, ...], AfterValidator(distinct)]
ReadFiles = Annotated[tuple[Annotated[str, AfterValidator(_in_project)], ...], AfterValidator(distinct)]
