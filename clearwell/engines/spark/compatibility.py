"""Which versions of Python, pyspark, delta-spark, pandas and Java work together: data from tests.

Each of them has later releases that look compatible and are not. Refused: those, and untested combinations,
because a failure may be a silently wrong value.
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
    """Versions that were tested together; ``java`` is any of these."""

    python: str
    pyspark: str
    delta: str
    pandas: str
    java: tuple[int, ...]


SETS = (FittingSet(python=">=3.11,<3.14", pyspark="==4.2.0", delta="==4.4.0", pandas=">=2.2,<3", java=JAVA),)

KNOWN_BAD = {
    ("delta-spark", "==4.4.1"): "has no jar on Maven Central",
    ("delta-spark", "<4.4"): "is for an older Spark",
    ("pyspark", ">4.2.0"): "is newer than delta-spark 4.4.0 supports",
    ("pyspark", "<4.2"): "is older than delta-spark 4.4.0 supports",
    ("pandas", ">=3"): "is not supported by the Arrow conversion of pyspark 4.2",
}
"""Versions that a user may have, and what is wrong with them."""

_NAMES = {"pyspark": "pyspark", "delta": "delta-spark", "pandas": "pandas"}


def installed_set() -> dict[str, str]:
    """Python and each package with its version; packages that are not installed are missing."""
    found = {"python": platform.python_version()}
    for package in _NAMES.values():
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def misfit() -> tuple[str, str] | None:
    """What is wrong with the installed set, and the remedy; None when it is compatible."""
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
    return f"these versions were not tested together: {together}", install


def require_fit() -> None:
    """Check that the installed set is compatible.

    Raises:
        EngineError: it is not.
    """
    if wrong := misfit():
        raise EngineError(f"Apache Spark cannot start here: {wrong[0]}", hint=wrong[1])
