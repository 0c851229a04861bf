"""Functions of texts that Sail computes differently from Spark, and their replacements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules.casts import text_of
from clearwell.engines.sail_guard.spark_types import is_float
from clearwell.engines.sail_guard.terms import As, Call, Each, Value, choose

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.call_site import Rule, Site
    from clearwell.engines.sail_guard.terms import Term

__all__ = ["TEXTS"]

_HOLD_ALL = {"UTF-8", "UTF-16BE", "UTF-16LE"}
_TIMES = (types.TimestampType, types.TimestampNTZType)


def _written(site: Site) -> Term | None:
    """Strings made from floats and times."""
    if not any(is_float(kind) or isinstance(kind, _TIMES) for kind in site.kinds):
        return None
    return Call(site.name, tuple(_as_text(given, kind) for given, kind in site.sides))


def _as_text(given: Term, kind: types.DataType | None) -> Term:
    if is_float(kind):
        return text_of(given)
    return As(given, "string") if isinstance(kind, _TIMES) else given


def _formatted(site: Site) -> Term | None:
    if any(is_float(kind) for kind in site.kinds[1:]):
        why = f"{site.name} formats a float differently from Spark"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "a cast to a decimal and concat")
    return None


def _capitals(site: Site) -> Term | None:
    """Spark starts a word after a space, Sail after any character that is not a letter."""
    letters = Each(Call("split", (Call("lower", site.given), Value(" "))), _capital)
    return Call("array_join", (letters, Value(" ")))


def _capital(word: Term) -> Term:
    first: Term = Call("substring", (word, Value(1), Value(1)))
    first = choose(Call("=", (first, Value("ß"))), Value("Ss"), Call("upper", (first,)))
    return Call("concat", (first, Call("substring", (word, Value(2), Value(2_147_483_647)))))


def _some_characters(site: Site) -> Term | None:
    """A negative count is none; Sail counts it from the other end."""
    text, count = site.given
    if isinstance(literal := site.literals[1], int) and literal >= 0:
        return None
    return Call(site.name, (text, choose(Call("<", (count, Value(0))), Value(0), count)))


def _part_of_text(site: Site) -> Term | None:
    """From no known position there is nothing; Sail returns the whole."""
    if len(site.given) != 2 or isinstance(site.literals[1], int):
        return None
    return Call("when", (Call("isnotnull", (site.given[1],)), Call(site.name, site.given)))


def _character(site: Site) -> Term | None:
    """Of the number's last byte; none of a negative one."""
    (number,) = site.given
    character = Call(site.name, (Call("pmod", (As(number, "bigint"), Value(256))),))
    return choose(Call("<", (number, Value(0))), Value(""), character)


def _located(site: Site) -> Term | None:
    """Of NULL, Sail says 0 where the start is before the text."""
    if len(site.given) < 3:
        return None
    if site.literals[0] == "":
        why = f"{site.name} of an empty text from a start on is 1 on Spark, and the start here"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "a text")
    known = Call("and", tuple(Call("isnotnull", (given,)) for given in site.given[:2]))
    return Call("when", (known, Call(site.name, site.given)))


def _encoded(site: Site) -> Term | None:
    charset = str(site.literals[1]).upper()
    if charset == "UTF-16":
        raise Refused(Guard.REFUSED_FUNCTIONS, f"{site.name} marks an empty text in UTF-16 here", "UTF-16BE")
    if charset not in _HOLD_ALL:
        why = f"{site.name} writes ? for a character that the charset lacks, where Spark fails"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "UTF-8")
    return None


def _chosen(site: Site) -> Term | None:
    """Sail has NULL for a number that no argument has, Spark fails."""
    number = site.literals[0]
    if not isinstance(number, int) or not 0 < number < len(site.given):
        why = f"{site.name} has NULL for a number that no argument has, where Spark fails"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "when")
    return None


TEXTS: dict[str, Rule] = {
    **dict.fromkeys(["concat", "concat_ws", "||"], _written),
    **dict.fromkeys(["format_string", "printf"], _formatted),
    "initcap": _capitals,
    **dict.fromkeys(["left", "right"], _some_characters),
    **dict.fromkeys(["substring", "substr"], _part_of_text),
    **dict.fromkeys(["chr", "char"], _character),
    **dict.fromkeys(["locate", "position"], _located),
    "encode": _encoded,
    "elt": _chosen,
}
"""The functions of texts that differ, by their names in SQL."""
