"""The list of trusted functions is what the engines do: a part of its questions is asked again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.engines.sail_guard.rules import RULES
from clearwell.testing.functions import Status, questions_of
from tests.engines.functions import ACCEPTED, FILE, everything_trusted, statuses

if TYPE_CHECKING:
    from clearwell.engines import Engine
    from clearwell.testing.functions import Question

LISTED: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
_EACH = 40
"""One of so many questions is asked again in `make test-all`."""


def expected(question: Question) -> Status | None:
    entry = LISTED[question.name]
    return next((status for status in Status if list(question.kinds) in entry.get(status, [])), None)


@pytest.mark.spark
@pytest.mark.full
@pytest.mark.xdist_group("spark")
def test_functions_are_as_the_list_says(engine: Engine, spark_engine: Engine) -> None:
    asked = [
        question
        for name, entry in LISTED.items()
        if name not in ACCEPTED and "as" not in entry
        for question in questions_of(name, (1, 2))
        if expected(question) in (Status.SAME, Status.CLOSE)
    ][::_EACH]
    assert len(asked) > 100
    with everything_trusted():
        found = statuses(engine.session(), spark_engine.session(), asked)
    order = list(Status)
    worse = {
        question: status
        for question, status in found.items()
        if status is not Status.REFUSED
        and order.index(status) > order.index(expected(question) or Status.SAME)
    }
    assert worse == {}
    assert len(found) > 0.8 * len(asked)  # the others are refused, as a column where a constant is wanted


def test_each_rule_is_for_a_function_on_the_list_or_refuses_it() -> None:
    refused = {"get_json_object", "percentile_approx", "approx_percentile"}
    asked_in_cases = {"array_agg_distinct", "between", "in_query"}
    assert {name for name in RULES if name not in LISTED} <= refused | asked_in_cases


def test_what_speaks_for_a_function_is_said() -> None:
    speaks = {"same", "close", "fails", "case", "as", "accepted"}
    assert [name for name, entry in LISTED.items() if not any(entry.get(key) for key in speaks)] == []
    assert [name for name, entry in LISTED.items() if entry.get("as", name) not in LISTED] == []
