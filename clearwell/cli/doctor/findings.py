"""What the doctor says of one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``state`` is ok, warning or error."""

    name: str
    state: str
    found: str
    hint: str | None = None
