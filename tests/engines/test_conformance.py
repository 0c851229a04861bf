"""Every engine answers every case, but for the gaps that are known, each with its owner and its guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ClearwellError, EngineLost
from clearwell.testing.conformance import CASES, KNOWN_GAPS, Owner, WrongAnswer, run_case
from tests.engines.conftest import FIXTURES, chosen_engines
from tests.engines.results import read_results

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.testing.conformance import Case
    from tests.engines.results import Results

IDS = [str(case) for case in CASES]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    asked = [
        pytest.param(engine, case, marks=marks_of(engine, case), id=f"{engine}-{case}")
        for engine in chosen_engines(metafunc.config)
        for case in CASES
    ]
    metafunc.parametrize(("engine_name", "case"), asked)


def marks_of(engine: str, case: Case) -> list[pytest.MarkDecorator]:
    """A known gap fails as it is known to fail, or the test does: a fix comes to light."""
    marks = [pytest.mark.slow] if engine == "connect" else []
    if gap := KNOWN_GAPS[engine].get(str(case)):
        expected = WrongAnswer if gap.silent else ClearwellError
        marks.append(pytest.mark.xfail(raises=expected, strict=True, reason=f"{gap.owner}: {gap.reason}"))
    return marks


def test_the_engine_answers(
    case: Case, engine_name: str, engine_under_test: Engine, tmp_path: Path, results: Results
) -> None:
    try:
        run_case(case, engine_under_test, tmp_path)
    except EngineLost:
        raise
    except (ClearwellError, WrongAnswer) as error:
        results.note(engine_name, case, error)
        raise
    results.note(engine_name, case, None)


@pytest.mark.slow  # so it is the last
def test_the_page_says_what_this_run_found(results: Results, pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--record-engines"):
        results.record()
    assert results.differing() == {}, "run it with --record-engines, then `make docs`"


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
