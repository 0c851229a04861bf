"""Every engine answers every case, but for the gaps that are known, each with its owner and its guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ClearwellError, EngineLost
from clearwell.testing.conformance import CASES, KNOWN_GAPS, Owner, WrongAnswer, run_case
from tests.engines.conftest import FIXTURES, MARKS, chosen_engines
from tests.engines.results import read_results

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.testing.conformance import Case, Gap
    from tests.engines.results import Results

IDS = [str(case) for case in CASES]
SOME = set(sorted(name for name in IDS if not name.endswith("_in_columns"))[::8])
"""What `make test` asks Spark, too, which takes a second for a question; `make test-all` asks all."""
OF_WORKERS = {"files", "functions", "sessions", "tables"}
"""What a cluster could answer differently from a local Spark: functions run and files are read elsewhere."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    recording = metafunc.config.getoption("--record-engines")
    asked = [
        pytest.param(engine, case, marks=marks_of(engine, case), id=f"{engine}-{case}")
        for engine in chosen_engines(metafunc.config)
        for number, case in enumerate(CASES)
        if engine != "connect" or recording or case.group in OF_WORKERS or number % 5 == 0
    ]
    metafunc.parametrize(("engine_name", "case"), asked)


def marks_of(engine: str, case: Case) -> list[pytest.MarkDecorator]:
    """A known gap fails as it is known to fail, or the test does: a fix comes to light."""
    marks = list(MARKS[engine])
    if engine == "spark" and str(case) not in SOME:
        marks.append(pytest.mark.full)
    if gap := KNOWN_GAPS[engine].get(str(case)):
        reason = f"{gap.owner}: {gap.reason}"
        marks.append(pytest.mark.xfail(raises=expected(gap), strict=True, reason=reason))
    return marks


def expected(gap: Gap) -> type[Exception]:
    return WrongAnswer if gap.silent else ClearwellError


@pytest.mark.promise("embedded", "spark", "sc://host:port")
def test_the_engine_answers(
    case: Case, engine_name: str, engine_under_test: Engine, tmp_path: Path, results: Results
) -> None:
    """As is right, and as docs/engines.json says that it does."""
    error = error_of(case, engine_under_test, tmp_path)
    results.note(engine_name, case, error)
    if error is None:
        return
    gap = KNOWN_GAPS[engine_name].get(str(case))
    if gap is None or not isinstance(error, expected(gap)):
        raise error
    # pytest spells out the chain of what is expected too, which takes six times the CPU of the question.
    raise error.with_traceback(None) from None


def error_of(case: Case, engine: Engine, folder: Path) -> ClearwellError | WrongAnswer | None:
    try:
        run_case(case, engine, folder)
    except EngineLost:
        raise
    except (ClearwellError, WrongAnswer) as error:
        return error
    return None


def test_every_case_is_recorded_for_every_engine() -> None:
    assert list(read_results()) == IDS
    assert [name for name, found in read_results().items() if set(found) != set(FIXTURES)] == []


def test_cases_have_names_of_their_own() -> None:
    assert len(set(IDS)) == len(IDS)
    assert len(IDS) > 400


@pytest.mark.parametrize("engine", FIXTURES)
def test_gaps_are_gaps_of_cases_that_there_are(engine: str) -> None:
    assert KNOWN_GAPS[engine].keys() <= set(IDS)


@pytest.mark.parametrize("engine", FIXTURES)
def test_no_silent_gap_is_without_a_guard_or_a_reason_to_need_none(engine: str) -> None:
    for name, gap in KNOWN_GAPS[engine].items():
        assert gap.reason, name
        if gap.silent:
            assert gap.guard is not None or gap.accepted, name


@pytest.mark.parametrize("engine", FIXTURES)
def test_a_gap_that_a_guard_made_says_so(engine: str) -> None:
    """What is recorded as refused by a guard is known as that guard's, and nothing else is."""
    for name, gap in KNOWN_GAPS[engine].items():
        found = read_results()[name][engine]
        refused_by = found.get("refused") if isinstance(found, dict) else None
        if not gap.silent:
            assert refused_by == gap.guard, name


def test_what_is_ours_is_a_bug_and_not_a_gap() -> None:
    """The owner is there to say so of a gap that will be mended; none may stay."""
    ours = [name for gaps in KNOWN_GAPS.values() for name, gap in gaps.items() if gap.owner is Owner.OURS]
    assert ours == []
