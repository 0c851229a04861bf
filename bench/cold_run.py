"""A whole `clearwell run` of the sample project on an empty lake, from process start to process end.

Beside it the same run on Apache Spark, its jars in the cache, and the floor: an interpreter that only imports
the libraries which such a run cannot do without. All start with byte-code in place. Lake and run records are
in a folder of their own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.measure import Comparison, compare_in_turn, cpu_seconds
from clearwell.engines.spark.jars import delta_jars

__all__ = ["compare", "environment_of", "home_in"]

LIMIT = 20.0
_PROJECT = Path(__file__).parent.parent
_RUN, _SPARK, _FLOOR = "clearwell run", "clearwell run --engine spark", "importing its libraries"
_IMPORTS = "import dagster, deltalake, great_expectations, pyspark.sql.connect.session"


def compare(repeats: int) -> Comparison:
    """CPU seconds of all processes of a run, against the imports alone."""
    delta_jars()
    spark = partial(_run, "--engine", "spark")
    return Comparison(
        claim=f"a whole run on an empty lake takes at most {LIMIT:.0f} CPU s in all its processes",
        holds=lambda seconds: seconds[_RUN] <= LIMIT,
        reference=_FLOOR,
        seconds=compare_in_turn({_FLOOR: _import, _RUN: _run, _SPARK: spark}, repeats),
    )


def home_in(folder: Path) -> Path:
    """A new home for Dagster, with the settings of the project's own."""
    home = folder / "dagster_home"
    home.mkdir()
    for file in (_PROJECT / "dagster_home").glob("*.yaml"):
        shutil.copy(file, home)
    return home


def environment_of() -> dict[str, str]:
    """The environment without Clearwell's variables, and with this checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CLEARWELL_")}
    return clean | {"PYTHONPATH": str(_PROJECT)}


def _run(*options: str) -> float:
    with tempfile.TemporaryDirectory(prefix="clearwell-bench-") as folder:
        lake = str(Path(folder) / "lake")
        command = [sys.executable, "-m", "clearwell.cli", "run", "--lake", lake, *options]
        environment = environment_of() | {"DAGSTER_HOME": str(home_in(Path(folder)))}
        return cpu_seconds(command, environment=environment)


def _import() -> float:
    return cpu_seconds([sys.executable, "-c", _IMPORTS], environment=environment_of())
