"""Format standard output: aligned text for people, one JSON document for programs."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import timedelta

__all__ = ["elapsed", "print_json", "print_table", "printable", "table_lines", "terminal_width"]

_WIDEST = 60
_CLOCKS_DIFFER = 60.0


def print_json(document: Any) -> None:
    """``document`` as JSON. Other types become strings: ISO 8601 dates, decimals, NaN, infinities, bytes."""
    click.echo(json.dumps(_plain(document), indent=2, ensure_ascii=False, allow_nan=False))


def print_table(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    empty: str,
    grouped: bool = True,
    right: Collection[str] = (),
) -> None:
    """``rows`` under their ``columns``, or the sentence ``empty``; see ``table_lines``."""
    lines = table_lines(rows, columns, grouped=grouped, right=right)
    click.echo("\n".join(lines) if len(lines) > 1 else empty)


def table_lines(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    grouped: bool = True,
    right: Collection[str] = (),
) -> list[str]:
    """A header and one line per row, aligned, numbers and the columns ``right`` to the right.

    Counts are ``grouped``: 12,556. Numbers and times of the user's own data are not, and are exact: a flight
    is 1117.
    """
    content = [[row.get(column) for column in columns] for row in rows]
    cells = [list(columns), *([_cell(value, grouped=grouped) for value in row] for row in content)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    is_right = [
        name in right or (bool(content) and all(_is_number(row[i]) for row in content))
        for i, name in enumerate(columns)
    ]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, is_right, strict=True)
        ).rstrip()
        for row in cells
    ]


def printable(text: str) -> str:
    """``text`` on one line: control characters of raw data must not reach the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def terminal_width() -> int | None:
    """The columns of the terminal; None where the output goes elsewhere: there no line needs to be cut."""
    return shutil.get_terminal_size((0, 0)).columns or None


def elapsed(time: timedelta) -> str:
    """How long ago something was, as people say it."""
    seconds = time.total_seconds()
    if seconds < -_CLOCKS_DIFFER:
        return "in the future"
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length:,.0f} {unit} ago"
    return "just now"


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _cell(value: Any, *, grouped: bool) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}" if grouped else str(value)
        case float():
            return f"{value:,.6g}" if grouped else str(value)
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds" if grouped else "auto")
        case bytes():
            return _short(value.decode("utf-8", "backslashreplace"))
        case list() | tuple():
            return _short(", ".join(map(str, value)))
        case _:
            return _short(str(value))


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value.value if isinstance(value, Enum) else value
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
        case Enum():
            return _plain(value.value)
        case Decimal() | Path():
            return str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _plain(asdict(value))
        case _:
            return str(value)
