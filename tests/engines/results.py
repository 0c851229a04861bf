"""What came of the conformance cases: noted while they run, and held against docs/engines.json.

That file is what the page of the engines is made from. It is written by a run with ``--record-engines``, and
any other run fails if it comes to anything else, so the page says what the last run said.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import ClearwellError
from clearwell.testing.conformance import CASES, WrongAnswer

if TYPE_CHECKING:
    from clearwell.testing.conformance import Case

__all__ = ["FILE", "Results", "read_results"]

FILE = Path(__file__).parents[2] / "docs" / "engines.json"
_GUARDED = re.compile(r"\[([a-z]+(?:-[a-z]+)+)\] ")


def read_results() -> dict[str, dict[str, Any]]:
    """What is recorded: for each case, what came of it by engine."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


class Results:
    """What came of the cases of this run."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}

    def note(self, engine: str, case: Case, error: BaseException | None) -> None:
        """Right, refused with the guard that did it, or the rows that came in place of the right ones."""
        self._found.setdefault(str(case), {})[engine] = _outcome(error)

    @property
    def engines(self) -> set[str]:
        """The engines that were asked anything."""
        return {engine for found in self._found.values() for engine in found}

    def differing(self) -> dict[str, dict[str, Any]]:
        """What came otherwise than it is recorded: by case, what was found by engine."""
        recorded = read_results()
        known = {case: recorded.get(case, {}) for case in self._found}
        return {
            case: found
            for case, found in self._found.items()
            if found != {engine: known[case].get(engine) for engine in found}
        }

    def record(self) -> None:
        """Write what was found over what is recorded; cases that are no more go."""
        recorded = read_results()
        lines = [
            f"  {json.dumps(str(case))}: {json.dumps(merged, ensure_ascii=False, sort_keys=True)}"
            for case in CASES
            if (merged := recorded.get(str(case), {}) | self._found.get(str(case), {}))
        ]
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _outcome(error: BaseException | None) -> Any:
    if error is None:
        return "right"
    if isinstance(error, WrongAnswer):
        return {"found": error.found}
    guard = _GUARDED.search(error.fact if isinstance(error, ClearwellError) else str(error))
    return {"refused": guard[1] if guard else None}
