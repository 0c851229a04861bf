"""Which versions of Python, pyspark, delta-spark, pandas and Java go together: as data, from trying them.

Each of them has later releases that look as if they fit and do not. Refused: those; a set that nobody has
tried is refused too, for what goes wrong may be a wrong value.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from clearwell.engines.spark.java import FITTING as JAVA
from clearwell.errors import EngineError

__all__ = ["KNOWN_BAD", "SETS", "FittingSet", "installed_set", "misfit", "require_fit"]


@dataclass(frozen=True)
class FittingSet:
    """Versions that were tried together; ``java`` is any of these."""

    python: str
    pyspark: str
    delta: str
    pandas: str
    java: tuple[int, ...]


SETS = (FittingSet(python=">=3.11,<3.14", pyspark="==4.2.0", delta="==4.4.0", pandas=">=2.2,<3", java=JAVA),)

KNOWN_BAD = {
    ("delta-spark", "==4.4.1"): "has no jar on Maven Central",
    ("delta-spark", "<4.4"): "is for an older Spark",
    ("pyspark", ">4.2.0"): "is newer than any that delta-spark 4.4.0 takes",
    ("pyspark", "<4.2"): "is older than delta-spark 4.4.0 takes",
    ("pandas", ">=3"): "is not what the Arrow conversion of pyspark 4.2 was made for",
}
"""Versions that a user may well have, and what is wrong with them."""

_NAMES = {"pyspark": "pyspark", "delta": "delta-spark", "pandas": "pandas"}


def installed_set() -> dict[str, str]:
    """Python and each package with its version; what is not installed is left out."""
    found = {"python": platform.python_version()}
    for package in _NAMES.values():
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def misfit() -> tuple[str, str] | None:
    """What keeps the installed set from fitting, and what to do about it; None when it fits."""
    from packaging.specifiers import SpecifierSet

    found = installed_set()
    install = "pip install 'clearwell[spark]'"
    if missing := [package for package in _NAMES.values() if package not in found]:
        return f"not installed: {', '.join(missing)}", install
    for (package, bad), why in KNOWN_BAD.items():
        if SpecifierSet(bad).contains(found[package], prereleases=True):
            wanted = getattr(SETS[-1], next(key for key, name in _NAMES.items() if name == package))
            return f"{package} {found[package]} {why}", f"pip install '{package}{wanted}'"
    for fitting in SETS:
        wanted = {"python": fitting.python} | {name: getattr(fitting, key) for key, name in _NAMES.items()}
        if all(SpecifierSet(wanted[name]).contains(found[name], prereleases=True) for name in wanted):
            return None
    together = ", ".join(f"{name} {number}" for name, number in found.items())
    return f"nobody has tried these together: {together}", install


def require_fit() -> None:
    """Pass if the installed set fits.

    Raises:
        EngineError: it does not.
    """
    if wrong := misfit():
        raise EngineError(f"Apache Spark cannot start here: {wrong[0]}", hint=wrong[1])
