"""Tables that are gone from the project or from the lake: since when, and why.

A page is the only record of the day on which its table was first missed, and says it in a form that is read
back, so that pages stay the same until something changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Gone", "gone_since", "reason"]

_SINCE = re.compile(r'data-gone-since="([0-9-]+)"')


@dataclass(frozen=True)
class Gone:
    """Why a table is gone, and the day since when that is known; "" if no page has told it yet."""

    why: str
    since: str = ""


def gone_since(page: str) -> str:
    """The day that a page tells; "" if its table was not gone."""
    found = _SINCE.search(page)
    return found[1] if found else ""


def reason(*, is_made: bool, is_there: bool, was_there: bool) -> str | None:
    """Why a table is gone, by whether the project makes it and the lake has it, or had; None if it is not."""
    if is_made:
        return "not in the lake, which had it: clearwell run makes it again" if was_there > is_there else None
    if is_there:
        return "not in the project: the lake keeps its rows, and no run changes them"
    return "not in the project, and not in the lake"
