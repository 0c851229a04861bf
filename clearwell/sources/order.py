"""The order of deliveries: which raw file of a source comes before which other.

A later file wins where two have rows of one key. Files that have equal keys here are one delivery.
"""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from clearwell.sources.match import FIELD, is_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ARRIVAL", "BY_NAME", "delivery_key", "is_outside", "order_fields", "wrong_order"]

ARRIVAL, BY_NAME = "arrival", "name"

_NUMBER = re.compile(r"[0-9]+")

Key = tuple[object, ...]
"""Compares with the keys of the same order, and with no others."""


def order_fields(order: str) -> tuple[str, ...]:
    """The fields that ``order`` names, such as ``{day}``, in their order; none for the others."""
    return tuple(FIELD.findall(order))


def wrong_order(order: str, path: str) -> tuple[str, str] | None:
    """What is wrong with ``order`` for a source at ``path``, and what to do; None if nothing is."""
    if order in (ARRIVAL, BY_NAME):
        return None
    fields = order_fields(order)
    if not fields or FIELD.sub("", order).strip():
        return f"{order!r} is not a valid order", 'one of arrival, name, or fields of the path: "{day}"'
    in_path = FIELD.findall(path)
    for field in fields:
        if in_path.count(field) != 1:
            where = "twice in" if field in in_path else "not in"
            fact = f"order names {{{field}}}, which is {where} {path!r}"
            return fact, f'write it where the names have it, once: "raw/orders/{{{field}}}/*.csv"'
    return None


def delivery_key(order: str, pattern: str, path: str, arrival: int) -> Key:
    """The place of the file at ``path`` in the order of its source.

    Args:
        order: ``arrival``, ``name``, or fields of the pattern; a value of digits counts as a number.
        pattern: The path of the source.
        path: The file's path, relative to the project.
        arrival: Its number in the order in which the ledger first took the files.
    """
    if order == ARRIVAL:
        return (arrival,)
    if order == BY_NAME:
        return (path,)
    values = _values(tuple(PurePosixPath(pattern).parts), tuple(path.split("/"))) or {}
    return tuple(_comparable(values.get(field, "")) for field in order_fields(order))


def is_outside(pattern: str, path: str) -> bool:
    """Whether a source that has the path ``pattern`` would not find a file there, both below the project."""
    return _values(tuple(PurePosixPath(pattern).parts), tuple(path.split("/"))) is None


def _comparable(value: str) -> tuple[int, int, str]:
    return (0, int(value), value) if _NUMBER.fullmatch(value) else (1, 0, value)


def _values(pattern: Sequence[str], path: Sequence[str]) -> dict[str, str] | None:
    """The values of the fields where ``path`` matches; None where it does not."""
    if not pattern:
        return None if path else {}
    part, rest = pattern[0], pattern[1:]
    if part == "**":
        if not rest:
            return {}
        for depth in range(len(path) + 1):
            if (found := _values(rest, path[depth:])) is not None:
                return found
        return None
    if not path:
        return None
    if not is_pattern(part):
        return _values(rest, path[1:]) if part == path[0] else None
    if (match := _compiled(part).fullmatch(path[0])) is None:
        return None
    found = _values(rest, path[1:])
    return None if found is None else {**match.groupdict(), **found}


@lru_cache(maxsize=256)
def _compiled(part: str) -> re.Pattern[str]:
    pieces = FIELD.split(part)  # text and names of fields take turns
    text = [_regex(piece) if at % 2 == 0 else f"(?P<{piece}>.*)" for at, piece in enumerate(pieces)]
    return re.compile("".join(text), re.DOTALL)


def _regex(glob: str) -> str:
    """What ``fnmatch`` makes of it, without the end of the string."""
    return re.sub(r"\\[zZ]$", "", translate(glob))
