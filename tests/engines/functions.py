"""Which functions the embedded engine computes as Spark does: asked of both, written into functions.json.

    python -m tests.engines.functions            every function that Spark lists: some twenty minutes
    python -m tests.engines.functions left max   these only

test_functions.py asks a part of it again.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import clearwell.engines.sail_guard as guard
from clearwell.engines import open_engine
from clearwell.engines.sail_guard import expressions, verified
from clearwell.engines.sail_guard.sql import nodes
from clearwell.settings import Settings
from clearwell.testing.conformance import CASES, run_case
from clearwell.testing.functions import Status, answer, answer_only, compare, questions_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from pyspark.sql import SparkSession

    from clearwell.engines import Engine
    from clearwell.engines.sail_guard.call_site import Site
    from clearwell.testing.functions import Question

__all__ = ["ACCEPTED", "FILE", "SPEAKS", "entry_of", "everything_trusted", "statuses"]

FILE = Path(guard.__file__).parent / "functions.json"

_SUMS = """
avg mean kurtosis skewness std stddev stddev_pop stddev_samp var_pop var_samp variance covar_pop covar_samp
regr_intercept regr_slope regr_sxx regr_sxy regr_syy
"""
ACCEPTED = {
    **dict.fromkeys(
        _SUMS.split(), "sums of numbers beyond 2^53, and of floats, are rounded in another order"
    ),
    **dict.fromkeys(
        ("collect_set", "array_agg", "collect_list"), "the order of its elements is the engine's own"
    ),
    "unix_timestamp": "without an argument it is another time",
    "to_json": "10000000.0 and 1.0E7 are the same JSON number",
    "corr": "Spark fails for a group of one row, where there is no correlation",
    "max_by": "of rows that are equally great, either is right",
    "min_by": "of rows that are equally small, either is right",
    "mode": "of values that are equally frequent, either is right",
    "current_catalog": "the name is the engine's own",
    "current_date": "it is another time",
    "current_timestamp": "it is another time",
    "localtimestamp": "it is another time",
    "now": "it is another time",
    "curdate": "it is another time",
    "monotonically_increasing_id": "any distinct numbers are right",
    "rand": "any numbers are right",
    "random": "any numbers are right",
    "randn": "any numbers are right",
    "uuid": "any distinct texts are right",
}
"""Functions whose values may differ, and why that is right: they are trusted for all kinds of arguments."""

BEYOND_SPARK = {
    "negative": "Spark rounds a decimal to 34 digits before it is negated, the embedded engine is exact",
    "sum": "Spark fails where a sum of some rows is too large, the embedded engine where the whole is",
}
"""Functions that are right where Spark fails, and why; others with values there are refused."""

_UNASKED = re.compile(
    r"(st|kll|theta|tuple|hll|variant|bitmap)_|xpath|aes_|approx_top_k|count_min|.*(avro|protobuf|xml)|"
    r"(java_method|reflect|try_reflect|raise_error|assert_true|sleep)$|\W"
)
"""Functions that Sail lacks, that run foreign code, or that only fail; operators are asked by name."""

SPEAKS = ("same", "close", "case", "accepted", "beyond_spark", "as")
"""Keys of a function's entry that speak for it."""

_KEYS = (*Status, "cases", *SPEAKS[2:])

_OPERATORS = {
    **dict.fromkeys(("+", "-", "*", "/", "%", "=", "<", ">", "<=", ">=", "<=>"), (2,)),
    **dict.fromkeys(("and", "or", "&", "|", "^", "in"), (2,)),
    **dict.fromkeys(("not", "negative"), (1,)),
    "when": (2, 3),
}
_OTHER_NAMES = {
    "==": "=",
    "<>": "=",
    "!=": "=",
    "!": "not",
    "||": "concat",
    "case": "when",
    "isin": "in",
    "bitwiseand": "&",
    "bitwiseor": "|",
    "bitwisexor": "^",
}
"""Operators by other names."""


@contextmanager
def everything_trusted(*, look: bool = False) -> Generator[dict[str, set[tuple[str, ...]]]]:
    """Let the guard pass all functions and kinds; the functions that it sees.

    To ``look`` at the kinds of their arguments costs requests to the engine.
    """
    seen: dict[str, set[tuple[str, ...]]] = {}

    def require(_: object, name: str, __: object = None) -> None:
        seen.setdefault(name, set())

    def require_kinds(_: object, site: Site) -> None:
        seen.setdefault(site.name, set()).add(tuple(map(verified.kind_of, site.kinds)))

    with (
        patch.object(verified.Trust, "require", require),
        patch.object(verified.Trust, "require_kinds", require_kinds),
        patch.object(expressions, "needs_kinds", lambda _: look),
        patch.object(nodes, "needs_kinds", lambda _: look),
    ):
        yield seen


def statuses(
    embedded: SparkSession, spark: SparkSession, questions: Iterable[Question]
) -> dict[Question, Status]:
    """How the embedded engine's answers compare with Spark's; questions that it refuses are missing."""
    found = answer(embedded, questions)
    right = answer_only(spark, found)
    return {question: compare(one, right.get(question)) for question, one in found.items()}


def entry_of(found: dict[Question, Status]) -> dict[str, list[list[str]]]:
    """Each status with its kinds of arguments: the worst of the questions of those kinds counts.

    What Spark takes for no argument of those kinds counts; for some, as a column in place of a constant, not.
    """
    taken = {question.kinds for question, status in found.items() if status is not Status.REFUSED}
    worst: dict[tuple[str, ...], Status] = {}
    order = list(Status)
    for question, status in found.items():
        if status is not Status.REFUSED or question.kinds not in taken:
            worst[question.kinds] = max(worst.get(question.kinds, status), status, key=order.index)
    return {status.value: sorted(list(k) for k, s in worst.items() if s is status) for status in Status}


def _arities(spark: SparkSession) -> dict[str, tuple[int, ...]]:
    """The functions that Spark lists, with the numbers of arguments that it says they take."""
    from pyspark.sql import functions as F

    made: dict[str, tuple[int, ...]] = dict(_OPERATORS)
    for (name,) in spark.sql("show functions").collect():
        if _UNASKED.match(name):
            continue
        made[name] = (0, 1, 2)
        if name in ("ceil", "ceiling", "floor"):  # Spark says two, and takes one
            continue
        for count in range(3):
            try:
                _ = spark.range(1).select(F.call_function(name, *[F.lit(None)] * count)).schema
            except Exception as error:  # noqa: BLE001 - it says how many arguments it takes
                said = re.search(r"requires? (.*?) parameters?", str(error))
                if said and "WRONG_NUM_ARGS" in str(error):
                    numbers = tuple(map(int, re.findall(r"\d+", said[1])))
                    made[name] = (0, 1, 2) if re.search("[>n]", said[1]) else numbers or made[name]
                    break
    kinds = ("string", "int", "bigint", "tinyint", "smallint", "double", "float", "boolean", "date", "binary")
    times = (
        "timestamp",
        "timestamp_ntz",
        "decimal(10,2)",
        "decimal(38,10)",
        "array<string>",
        "array<bigint>",
    )
    casts = {f"{how}:{kind}": (1,) for how in ("cast", "try_cast") for kind in (*kinds, *times)}
    return made | casts


def _cases(engine: Engine, folder: Path) -> dict[str, tuple[str, set[tuple[str, ...]]]]:
    """The functions in the conformance cases that the engine answers right.

    Each with the first such case, and the kinds of arguments that it has in any.
    """
    found: dict[str, tuple[str, set[tuple[str, ...]]]] = {}
    for number, case in enumerate(CASES):
        place = folder / f"case{number}"
        place.mkdir()
        with everything_trusted(look=True) as seen:
            try:
                run_case(case, engine, place)
            except Exception:  # noqa: BLE001 - what it does not answer is no evidence
                continue
        for name in sorted(filter(None, seen)):
            found.setdefault(name, (str(case), set()))[1].update(seen[name])
    return found


def main(names: list[str]) -> None:
    """Ask both engines about the functions, and write what comes of it over what is written."""
    with tempfile.TemporaryDirectory() as top, everything_trusted():
        folder = Path(top)
        settings = Settings(project=folder, lake=folder / "lake")
        spark_settings = Settings(project=folder, lake=folder / "lake", engine="spark", engine_memory=3 << 30)
        with open_engine(settings) as embedded, open_engine(spark_settings) as spark:
            arities = _arities(spark.session())
            asked = names or sorted(arities)
            written: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if names else {}
            for at in range(0, len(asked), 20):
                some = asked[at : at + 20]
                questions = [q for name in some for q in questions_of(name, arities[name])]
                found = statuses(embedded.session(), spark.session(), questions)
                for name in some:
                    mine = {q: status for q, status in found.items() if q.name == name}
                    written[name] = entry_of(mine)
                sys.stderr.write(f"{at + len(some)} of {len(asked)} functions\n")
            for name, (case, kinds) in _cases(embedded, folder).items():
                _add_cases(written.setdefault(_OTHER_NAMES.get(name, name), {}), case, kinds)
    for name, why in ACCEPTED.items():
        written.setdefault(name, {})["accepted"] = why
    for name, why in BEYOND_SPARK.items():
        written[name]["beyond_spark"] = why
    for other, name in _OTHER_NAMES.items():
        written[other] = {"as": name}
    write(written)


def _add_cases(entry: dict[str, Any], case: str, kinds: Iterable[tuple[str, ...]]) -> None:
    """Add what the cases say: the first of them, and kinds of arguments that were not asked.

    A function that was not asked at all, as one with a lambda, is trusted by its name.
    """
    entry.setdefault("case", case)
    if any(entry.get(status) for status in (Status.SAME, Status.CLOSE, Status.FAILS)):
        known = [some for key in (*Status, "cases") for some in entry.get(key, [])]
        entry["cases"] = sorted(entry.get("cases", []) + [k for k in map(list, kinds) if k not in known])


def write(found: dict[str, Any]) -> None:
    """Write the list: a function a line, those that nothing speaks for are left out."""
    trusted = {name: entry for name, entry in found.items() if _is_trusted(entry)}
    for name, entry in trusted.items():
        trusted[name] = {key: entry[key] for key in _KEYS if entry.get(key)}
    lines = [f"  {json.dumps(name)}: {json.dumps(trusted[name])}" for name in sorted(trusted)]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _is_trusted(entry: dict[str, Any]) -> bool:
    return any(entry.get(key) for key in SPEAKS)


if __name__ == "__main__":
    main(sys.argv[1:])
