"""Functions as a project has them, in a module that an engine's Python workers must import by themselves."""

from __future__ import annotations

import time

__all__ = ["hold", "moult"]


def moult(number):
    """Raise an error of the user's own."""
    raise LookupError(f"no feather {number}")


def hold(number):
    """Take a minute."""
    time.sleep(60)
    return number
