"""What a pipeline may need from an engine: some 500 questions, each with the correct answer.

Clearwell's own engines are tested with these cases (``tests/engines``), and docs/engines.md is made from the
results. The author of an engine (an entry point of the group ``clearwell.engines``) tests it with one
separate module:

    import pytest
    from clearwell.testing.conformance import CASES, run_case

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_my_engine(case, my_engine, tmp_path):
        run_case(case, my_engine, tmp_path)

``my_engine`` is a fixture that returns an open ``clearwell.engines.Engine``, once for all tests, and
``tmp_path`` a folder that the engine must see under the same path. ``run_case`` raises WrongAnswer if the
engine returns other rows without an error, and ClearwellError if it refuses: the former goes unnoticed in
production. An engine that answers all of them is as good as the reference, Apache Spark; if yours differs for
a reason, mark the case with ``pytest.mark.xfail(strict=True)``, so that a fixed engine is noticed.

Cases are data: ``case.group``, ``case.name``, ``case.says`` (the rule, in a sentence), a question and its
answer. Make your own cases with ``ask``, ``sql`` and ``refused``:

    CASES = grouped("shop", sql("sum", "a sum", "select sum(x) s from t", table("s bigint", (3,)),
                                t=table("x int", (1,), (2,))))

``KNOWN_GAPS`` lists what Clearwell's own engines lack or do differently, who owns the gap, and what guards
it.
"""

from __future__ import annotations

from clearwell.testing.conformance.case import Ask, Case, ask, grouped, refused, sql
from clearwell.testing.conformance.expressions import (
    casts,
    comparisons,
    functions,
    maps,
    nested,
    numbers,
    overflow,
    regex,
    strings,
    times,
    values,
    zones,
)
from clearwell.testing.conformance.gaps import KNOWN_GAPS, Gap, Owner
from clearwell.testing.conformance.judge import WrongAnswer, run_case
from clearwell.testing.conformance.notation import clock, moment, table
from clearwell.testing.conformance.relations import (
    aggregates,
    batches,
    files,
    foreign,
    forms,
    frames,
    joins,
    sessions,
    tables,
    windows,
)
from clearwell.testing.conformance.trial import Trial

__all__ = [
    "CASES",
    "KNOWN_GAPS",
    "Ask",
    "Case",
    "Gap",
    "Owner",
    "Trial",
    "WrongAnswer",
    "ask",
    "clock",
    "grouped",
    "moment",
    "refused",
    "run_case",
    "sql",
    "table",
]

_MODULES = (
    values,
    numbers,
    comparisons,
    overflow,
    casts,
    strings,
    regex,
    times,
    zones,
    nested,
    maps,
    joins,
    aggregates,
    windows,
    forms,
    frames,
    functions,
    batches,
    files,
    foreign,
    tables,
    sessions,
)

CASES: tuple[Case, ...] = tuple(case for module in _MODULES for case in module.CASES)
"""Every case, group after group."""
