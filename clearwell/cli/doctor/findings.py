"""One result of the doctor."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """One thing that was checked; ``state`` is ok, warning or error."""

    name: str
    state: str
    found: str
    hint: str | None = None
