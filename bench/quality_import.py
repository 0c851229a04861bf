"""Importing Great Expectations beside what a run has imported anyway, in three ways.

As it comes; as `clearwell.quality.importing` does it; and that with the garbage collector on. Each in an
interpreter of its own, whose other imports are subtracted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.measure import Comparison, compare_in_turn, cpu_seconds

__all__ = ["compare"]

WORTH = 0.8
_PROJECT = Path(__file__).parent.parent
_BESIDE = "import dagster, pandas, clearwell.quality.importing as importing"
_PLAIN, _OURS, _COLLECTING = (
    "import great_expectations",
    "as Clearwell imports it",
    "its garbage collector on",
)
_CODE = {
    _PLAIN: "import great_expectations",
    _OURS: "importing.import_great_expectations()",
    _COLLECTING: "importing.gc.disable = lambda: None; importing.import_great_expectations()",
}


def compare(repeats: int) -> Comparison:
    """CPU seconds of each way, against the plain import."""
    runs = {
        name: lambda code=code: _seconds(f"{_BESIDE}; {code}") - _seconds(_BESIDE)
        for name, code in _CODE.items()
    }
    return Comparison(
        claim=f"the lazy import costs at most {WORTH} of the plain one",
        holds=lambda seconds: seconds[_OURS] <= WORTH * seconds[_PLAIN],
        reference=_PLAIN,
        seconds=compare_in_turn(runs, repeats),
    )


def _seconds(code: str) -> float:
    environment = dict(os.environ) | {"PYTHONPATH": str(_PROJECT)}
    return cpu_seconds([sys.executable, "-c", code], environment=environment)
