"""Numbers of bytes as people read them, in binary units."""

from __future__ import annotations

__all__ = ["readable_size"]

_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def readable_size(size: float, *, precise: bool = False) -> str:
    """``1536`` bytes are ``1.5 KiB``; in a report, ``precise``: ``7.57 MiB``, ``12 bytes``."""
    amount, unit = float(size), "bytes" if precise else "B"
    for larger in _UNITS:
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    if precise and amount < 1000:
        return f"{amount:.3g} {unit}"
    return f"{amount:,.0f} {unit}" if precise or size < 1024 else f"{amount:,.1f} {unit}"
