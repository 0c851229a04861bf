"""Parse suites from YAML, one file per table. Great Expectations is not loaded, so every run can afford it.

    checks:
      - name: wind_speed_plausible              # default: derived from the columns and the expectation
        expectation: expect_column_values_to_be_between
        kwargs: {column: wind_speed, max_value: 120}
        severity: warning                       # default: critical
        why: Above any wind ever measured at these airports; a known sensor error.

``row_condition`` among the ``kwargs`` is Spark SQL. Refused: unknown keys, two checks with one name, a suite
without checks, and a ``warning`` with ``mostly`` that would reject rows without it: a fraction of the rows
rejects none. What only Great Expectations knows (the names of expectations and of their keyword arguments)
is checked by ``check_suite``, and again where the check is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.model import Severity
from clearwell.names import COLUMN_LINEAGE, require_identifier
from clearwell.quality.suites import ROW_EXPECTATIONS, Check, Suite, columns_of, scope_of
from clearwell.yaml_lines import Document, read_yaml, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CHECK_KEYS", "SUITE_KEYS", "load_suite", "parse_suite"]

SUITE_KEYS = ("checks",)
CHECK_KEYS = ("name", "expectation", "kwargs", "severity", "why")
_NOT_KWARGS = {
    "severity": "write it beside `kwargs`",
    "description": "write it as `why`, beside `kwargs`",
    "notes": "write it as `why`, beside `kwargs`",
    "meta": "write it as `why`, beside `kwargs`",
}
_OURS = ("batch_id", "catch_exceptions", "id", "rendered_content", "result_format", "windows")
_NOISE = {"expect", "column", "columns", "value", "values", "table", "to", "be", "expectation"}


def load_suite(file: Path) -> Suite:
    """The suite in ``file``; names of expectations are not checked, because that needs Great Expectations.

    Raises:
        ProjectError: the first problem, with ``file:line``.
    """
    suite, problems = parse_suite(file)
    if problems:
        raise problems[0]
    return suite


def parse_suite(file: Path) -> tuple[Suite, list[ProjectError]]:
    """The well-formed checks of ``file``, and every problem of the rest.

    Raises:
        ProjectError: the file is missing or not YAML.
    """
    problems: list[ProjectError] = []
    checks: list[Check] = []
    documents = read_yaml(file)
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        problems.append(_problem("a suite is one mapping with the key `checks`", f"{shown(file)}:1"))
        return Suite(file.stem, file, ()), problems
    document = documents[0]
    problems += _unknown(document.value, SUITE_KEYS, "suite", document)
    items = document.value.get("checks")
    if not isinstance(items, list) or not items:
        problems.append(_problem("`checks` must be a list of at least one check", document.place("checks")))
        items = []
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        check, wrong = _parse_check(item, document, number)
        problems += wrong
        if check and check.name in first:
            fact = f"two checks are named {check.name!r}"
            hint = f"the first is on line {first[check.name]}; give this one another name"
            problems.append(_problem(fact, document.place("checks", number, "name"), hint))
        elif check:
            first[check.name] = check.line
            checks.append(check)
    return Suite(file.stem, file, tuple(checks)), problems


def _parse_check(item: Any, document: Document, number: int) -> tuple[Check | None, list[ProjectError]]:
    def at(*keys: str) -> str:
        return document.place("checks", number, *keys)

    if not isinstance(item, dict):
        return None, [_problem("a check is a mapping with the key `expectation`", at())]
    given: dict[str, Any] = item
    problems = _unknown(given, CHECK_KEYS, "check", document, "checks", number)

    expectation = str(given.get("expectation") or "")
    if not _is_text(given.get("expectation")):
        problems.append(_problem("a check needs an `expectation`", at("expectation")))
    severity = given.get("severity", Severity.CRITICAL)
    if severity not in list(Severity):  # a list needs no hash, which a mapping lacks
        hint = did_you_mean(str(severity), [str(s) for s in Severity]) or f"one of {', '.join(Severity)}"
        problems.append(_problem(f"no severity {severity!r}", at("severity"), hint))
        severity = Severity.CRITICAL

    why = given.get("why")
    if why is not None and not _is_text(why):
        problems.append(_problem("`why` must be text", at("why")))

    kwargs = given.get("kwargs") or {}
    rejects = expectation in ROW_EXPECTATIONS and severity == Severity.WARNING
    if isinstance(kwargs, dict):
        problems += _check_kwargs(kwargs, rejects, document, number)
    else:
        problems.append(_problem("`kwargs` must be a mapping", at("kwargs")))
        kwargs = {}

    name = given.get("name", _default_name(expectation, kwargs))
    try:
        require_identifier(str(name), what="check", place=at("name"))
    except ProjectError as error:
        problems.append(error)
    if name == COLUMN_LINEAGE:
        hint = "every table has a check of this name; give yours another one"
        problems.append(_problem(f"{COLUMN_LINEAGE!r} is a reserved check name", at("name"), hint))
    if problems:
        return None, problems
    lines = {key: document.line("checks", number, "kwargs", key) for key in kwargs}
    lines["expectation"] = document.line("checks", number, "expectation")
    check = Check(
        name=str(name),
        expectation=expectation,
        kwargs=kwargs,
        severity=Severity(severity),
        why=why,
        scope=scope_of(expectation, kwargs),
        line=document.line("checks", number),
        kwarg_lines=lines,
    )
    return check, []


def _check_kwargs(
    kwargs: dict[Any, Any], rejects: bool, document: Document, number: int
) -> list[ProjectError]:
    problems: list[ProjectError] = []
    for key, value in kwargs.items():
        place = document.place("checks", number, "kwargs", key)
        if not isinstance(key, str):
            problems.append(_problem(f"the key {key!r} is not a string", place))
        elif key in _NOT_KWARGS:
            problems.append(_problem(f"`{key}` is not a keyword argument here", place, _NOT_KWARGS[key]))
        elif key in _OURS:
            problems.append(_problem(f"`{key}` is set by Clearwell", place, "remove it"))
        elif key == "condition_parser" and value != "spark":
            problems.append(_problem("a row_condition is Spark SQL", place, "remove `condition_parser`"))
        elif key == "row_condition" and not _is_text(value):
            problems.append(_problem("a row_condition must be a string of Spark SQL", place))
        elif key == "mostly" and rejects:
            fact = "with `mostly` a check applies to all rows together and rejects none"
            hint = "remove `mostly`, or make the check critical or info"
            problems.append(_problem(fact, place, hint))
        elif isinstance(value, dict) and "$PARAMETER" in value:
            problems.append(_problem("suite parameters are not supported", place, "write the value"))
    return problems


def _unknown(
    given: dict[Any, Any], known: tuple[str, ...], what: str, document: Document, *above: str | int
) -> list[ProjectError]:
    return [
        _problem(
            f"a {what} has no key {key!r}",
            document.place(*above, key),
            did_you_mean(str(key), known) or f"its keys are {', '.join(known)}",
        )
        for key in given
        if key not in known
    ]


def _default_name(expectation: str, kwargs: Mapping[str, Any]) -> str:
    """``origin_not_null`` for expect_column_values_to_not_be_null of the column ``origin``."""
    columns = columns_of(expectation, kwargs)
    words = [word for word in expectation.split("_") if word not in _NOISE]
    name = "_".join([*columns, *words]).lower()
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name).lstrip("_")
    return (name if name[:1].isalpha() else f"check_{name}")[:63]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _problem(fact: str, place: str, hint: str | None = None) -> ProjectError:
    return ProjectError(fact, place=place, hint=hint)
