"""The pages' facts about a table's checks: the rule of each, and its results on the last batches.

Of the observed values only statistics of the whole table are shown, and none of a personal column: a maximum,
for example, is the value of some row. For a check on a personal column its arguments are not shown either.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clearwell.model import Severity
from clearwell.names import COLUMN_LINEAGE
from clearwell.pages.check_doc import CheckDoc, CheckRun
from clearwell.pages.table_page import moment
from clearwell.quality.explain.redaction import is_personal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from clearwell.quality import Check
    from clearwell.tables import Blocked

__all__ = ["check_docs", "moment_of"]

_LONGEST = 160
_OF_THE_TABLE = ("row_count", "column_count", "unique_value_count", "proportion", "mean", "stdev", "sum")
"""Words in expectations whose observed number is a statistic of the whole table."""
_LINEAGE = "Clearwell's own check: the source columns of each column are known."


def check_docs(
    suite: Sequence[Check],
    history: Sequence[Mapping[str, Any]],
    blocked: Sequence[Blocked],
    personal: Collection[str],
) -> tuple[CheckDoc, ...]:
    """The suite's checks in order, then those that are only in the history."""
    known = {check.name: _described(check, personal) for check in suite}
    telling = {check.name for check in suite if _may_tell(check, personal)}
    runs: dict[str, list[CheckRun]] = {}
    for row in history:
        name = row["name"]
        if name not in known:
            known[name] = _unlisted(row)
        observed = json.loads(row["observed"] or "null")
        run = CheckRun(
            batch=row["batch"],
            when=moment(row["decided"]),
            success=bool(row["success"]),
            failed=row["unexpected_count"],
            of=row["element_count"],
            observed=_number(observed) if name in telling else None,
        )
        runs.setdefault(name, []).append(_of_columns(run, observed) if name == COLUMN_LINEAGE else run)
    for block in blocked:
        for result in block.checks:
            if result.name in known:
                run = CheckRun(
                    block.batch,
                    moment_of(block.when),
                    success=result.success,
                    failed=result.unexpected_count,
                    of=result.element_count,
                    observed=_number(result.observed) if result.name in telling else None,
                    is_blocked=True,
                )
                is_lineage = result.name == COLUMN_LINEAGE
                runs.setdefault(result.name, []).append(
                    _of_columns(run, result.observed) if is_lineage else run
                )
    return tuple(replace(check, runs=tuple(runs.get(name, ()))) for name, check in known.items())


def moment_of(text: str) -> str:
    """A recorded time, in readable form."""
    return moment(datetime.fromisoformat(text).astimezone(UTC))


def _described(check: Check, personal: Collection[str]) -> CheckDoc:
    named = set(check.columns.values())
    is_open = not _is_personal(check, personal)
    shown = {key: value for key, value in check.kwargs.items() if key in named or is_open}
    return CheckDoc(
        name=check.name,
        expectation=check.expectation,
        severity=check.severity,
        scope=check.scope.value,
        arguments=_arguments(shown),
        why=check.why or "",
    )


def _unlisted(row: Mapping[str, Any]) -> CheckDoc:
    """A check that no suite lists: Clearwell's own lineage check, or one that was removed."""
    is_ours = row["name"] == COLUMN_LINEAGE
    return CheckDoc(
        name=row["name"],
        expectation=row["expectation"],
        severity=Severity(row["severity"]),
        scope=row["scope"],
        why=_LINEAGE if is_ours else "",
        is_gone=not is_ours,
    )


def _of_columns(run: CheckRun, observed: Any) -> CheckRun:
    """A result of the lineage check, which counts columns."""
    if not isinstance(observed, dict):
        return run
    counts: dict[str, int] = observed
    return replace(run, failed=counts.get("missing", 0), of=sum(counts.values()), what="columns")


def _may_tell(check: Check, personal: Collection[str]) -> bool:
    of_the_table = any(word in check.expectation for word in _OF_THE_TABLE)
    return of_the_table and not _is_personal(check, personal)


def _is_personal(check: Check, personal: Collection[str]) -> bool:
    """Whether a check names a personal column: then its arguments may be personal too."""
    condition = str(check.kwargs.get("row_condition", "")).casefold()
    return any(is_personal(column, personal) for column in check.columns) or any(
        column.casefold() in condition for column in personal
    )


def _arguments(kwargs: Mapping[str, Any]) -> str:
    text = ", ".join(
        f"{key}: {json.dumps(value, default=str, ensure_ascii=False)}" for key, value in kwargs.items()
    )
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _number(observed: Any) -> float | None:
    return observed if isinstance(observed, int | float) and not isinstance(observed, bool) else None
