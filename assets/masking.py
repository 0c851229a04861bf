"""Personal data in free text, masked by patterns.

Masked are e-mail addresses, telephone numbers, social security numbers, employee numbers, and names below
a report. What a pattern cannot see stays: a name that no such word as `signed` or `insp by` announces, a
number that is written in an unusual way, a person who is known by what is told. A mask takes too much
rather than too little: a word behind a short signature goes with it, and ten digits in a row are taken for
a telephone. So masked text is safer to pass on, not anonymous.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

__all__ = ["mask_personal_data"]

_MARK = r"'\x{2019}-"  # within a name: both apostrophes and the hyphen
_WORD = rf"\p{{L}}[\p{{L}}{_MARK}]*"
_CUE = r"\b(sgd|signed|(insp|inspected|c/w|rii|reported|entered|witnessed) by)|/s/"
_MASKS = (
    (rf"[\p{{L}}0-9._%+{_MARK}]+@[\p{{L}}0-9-]+(\.[\p{{L}}0-9-]+)+", "[email]"),
    (r"\b\d{3}-\d{2}-\d{4}\b", "[ssn]"),
    (r"(\+?1[ .-]?)?(\(\d{3}\) ?|\b\d{3}[ .-]?)\d{3}[ .-]?\d{4}\b", "[phone]"),
    (r"(?i)\b(ph|phone|tel|call|cell|ext)([ .:]*)\d{3}[ .-]\d{4}\b", "$1$2[phone]"),
    (r"(?i)\b(emp|employee|badge|e/n)( no| nr| id)?[ .:#]*\d{4,6}\b", "[employee]"),
    # Behind what announces a signature: an initial or first name, if there is one, and a last name.
    (rf"(?i)({_CUE})([ .:]*)({_WORD}\.?)( {_WORD})?", "$1$4[name]"),
)
"""Pattern and mask, in the order in which they are applied: numbers first, so that no name swallows the word
that announces one. Both engines' regular expressions read them: no look-around, no possessive quantifier."""


def mask_personal_data(text: Column) -> Column:
    """``text`` with a mask such as ``[phone]`` in place of each piece of personal data that is recognised."""
    return reduce(lambda masked, mask: F.regexp_replace(masked, *mask), _MASKS, text)
