"""What came of the conformance cases, held against docs/engines.json as each is asked.

That file is what the page of the engines is made from. It is written by a run with ``--record-engines``; in
any other run a case fails that comes to anything else, so the page says what the last run said.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import ClearwellError
from clearwell.testing.conformance import CASES, WrongAnswer

if TYPE_CHECKING:
    from clearwell.testing.conformance import Case

__all__ = ["FILE", "Results", "read_results"]

FILE = Path(__file__).parents[2] / "docs" / "engines.json"
_GUARDED = re.compile(r"\[([a-z]+(?:-[a-z]+)+)\] ")


@cache
def read_results() -> dict[str, dict[str, Any]]:
    """What is recorded: for each case, what came of it by engine."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


class Results:
    """What came of the cases of this run: compared with what is recorded, or recorded itself."""

    def __init__(self, *, recording: bool) -> None:
        self._recording = recording
        self._found: dict[str, dict[str, Any]] = {}

    def note(self, engine: str, case: Case, error: BaseException | None) -> None:
        """Right, refused with the guard that did it, or the rows that came in place of the right ones."""
        found = _outcome(error)
        if self._recording:
            self._found.setdefault(str(case), {})[engine] = found
            return
        recorded = read_results().get(str(case), {}).get(engine)
        if found != recorded:
            raise AssertionError(
                f"{found} came, {recorded} is recorded: run with --record-engines"
            ) from error

    def write(self) -> None:
        """When recording: write what was found over what is recorded; cases that are no more go."""
        if not self._recording:
            return
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
