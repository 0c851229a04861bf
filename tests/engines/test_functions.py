"""The list of trusted functions is what the engines do: asked again, a part of it comes out as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.engines.sail_guard.rules import RULES
from clearwell.testing.functions import Status, questions_of
from tests.engines.functions import ACCEPTED, FILE, SPEAKS, entry_of, everything_trusted, statuses

if TYPE_CHECKING:
    from clearwell.engines import Engine

LISTED: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
_EACH = 60
"""Of so many pairs of a function and kinds of arguments, one is asked again in `make test-all`."""


def recorded() -> dict[tuple[str, tuple[str, ...]], str]:
    """What the list says of each pair of a function and kinds of arguments that was asked."""
    return {
        (name, tuple(kinds)): status
        for name, entry in LISTED.items()
        if name not in ACCEPTED
        for status in Status
        for kinds in entry.get(status, [])
    }


@pytest.mark.spark
@pytest.mark.full
@pytest.mark.xdist_group("spark")
def test_functions_are_as_the_list_says(engine: Engine, spark_engine: Engine) -> None:
    listed = recorded()
    chosen = dict(list(listed.items())[::_EACH])
    assert len(chosen) > 50
    asked = [
        question
        for name in sorted({name for name, _ in chosen})
        for question in questions_of(name, (0, 1, 2))
        if (name, question.kinds) in chosen
    ]
    with everything_trusted():
        found = statuses(engine.session(), spark_engine.session(), asked)
    again = {
        (name, tuple(kinds)): status
        for name in {question.name for question in found}
        for status, some in entry_of({q: one for q, one in found.items() if q.name == name}).items()
        for kinds in some
    }
    assert again == chosen


def test_each_rule_is_for_a_function_on_the_list_or_refuses_it() -> None:
    refused = {"get_json_object", "percentile_approx", "approx_percentile"}
    asked_in_cases = {"array_agg_distinct", "between", "in_query"}
    assert {name for name in RULES if name not in LISTED} <= refused | asked_in_cases


def test_what_speaks_for_a_function_is_said() -> None:
    assert [name for name, entry in LISTED.items() if not any(entry.get(key) for key in SPEAKS)] == []
    assert [name for name, entry in LISTED.items() if entry.get("as", name) not in LISTED] == []
