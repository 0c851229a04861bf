"""All questions about a function: each kind in each place, and what people write."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from clearwell.testing.functions.ask import Question
from clearwell.testing.functions.grid import KINDS
from clearwell.testing.functions.patterns import LETTERS, PATTERNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = ["AGGREGATES", "questions_of"]

_AGGREGATES = """
any any_value approx_count_distinct approx_percentile array_agg avg bit_and bit_or bit_xor bool_and
bool_or collect_list collect_set corr count count_if covar_pop covar_samp every first first_value
kurtosis last last_value listagg max max_by mean median min min_by mode percentile percentile_approx
regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy skewness
some std stddev stddev_pop stddev_samp string_agg sum try_avg try_sum var_pop var_samp variance
"""
AGGREGATES = frozenset(_AGGREGATES.split())
"""Functions over many rows."""

_UNBOUNDED = {"array_repeat", "lpad", "repeat", "rpad", "sequence", "space", "stack"}
"""Functions whose results are as long as a number says: they are asked with small numbers only."""

_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_TIMES = ("date", "timestamp", "timestamp_ntz", "interval")
_ELEMENTS = {"array<int>": "int", "array<double>": "double", "array<string>": "string"}
_PLAIN = [kind for kind in KINDS if kind not in ("array<array>", "array<struct>")]
_PAIRS = list(
    dict.fromkeys(
        [
            *((kind, kind) for kind in _PLAIN),
            *itertools.product(_NUMBERS, repeat=2),
            *itertools.product(_TIMES, repeat=2),
            *itertools.product(("string", "date", "timestamp", "binary", "map"), ("int", "string")),
            *itertools.product(("int", "string"), ("string", "date", "timestamp", "int")),
            *itertools.product(("bigint", "double", "decimal", "boolean"), ("string",)),
            *itertools.product(("string",), (*_NUMBERS, "boolean")),
            *itertools.product(("boolean",), ("int", "double")),
            *itertools.permutations(("array<int>", "array<double>", "array<string>"), 2),
            *_ELEMENTS.items(),
            *((element, array) for array, element in _ELEMENTS.items()),
        ]
    )
)


def questions_of(name: str, arities: Collection[int]) -> list[Question]:
    """All questions about a function that takes so many arguments: of columns up to two, and its patterns."""
    found: list[Question] = []
    if name not in _UNBOUNDED:
        if 0 in arities:
            found.append(Question(name, (), (), name in AGGREGATES))
        if 1 in arities:
            found += [question for kind in KINDS for question in _typed(name, (kind,), ("a",))]
        if 2 in arities:
            found += [question for pair in _PAIRS for question in _typed(name, pair, ("a", "b"))]
    for pattern in PATTERNS.get(name, ()):
        found += _written(name, pattern)
    return list(dict.fromkeys(found))


def _written(name: str, pattern: tuple[Any, ...]) -> Iterator[Question]:
    """Each choice of kinds and literals; the same letter three times is one kind."""
    places: list[list[Any]] = [
        [(value,) for value in part] if isinstance(part, list) else list(LETTERS.get(part, (part,)))
        for part in pattern
    ]
    is_one_kind = len(pattern) > 2 and all(part == pattern[0] for part in pattern)
    for chosen in itertools.product(*places):
        kinds = [choice for choice in chosen if isinstance(choice, str)]
        if is_one_kind and len(set(kinds)) > 1:
            continue
        names = iter("abc")
        yield from _typed(name, kinds, tuple(next(names) if isinstance(c, str) else c for c in chosen))


def _typed(name: str, kinds: Sequence[str], arguments: tuple[Any, ...]) -> Iterator[Question]:
    for numbers in itertools.product(*(range(len(KINDS[kind])) for kind in kinds)):
        texts = {number for kind, number in zip(kinds, numbers, strict=True) if kind == "string"}
        if len(texts) > 1 or (len(kinds) > 2 and any(texts)):
            continue  # texts that are numbers or times are asked beside their like
        yield Question(name, tuple(zip(kinds, numbers, strict=True)), arguments, name in AGGREGATES)
