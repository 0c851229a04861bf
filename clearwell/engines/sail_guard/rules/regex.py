r"""Translate Java's regular expressions to Rust's, which Sail uses.

``\d \w \s`` are ASCII in Java and Unicode in Rust; ``.`` excludes fewer line ends in Rust, and ``$`` matches
before none. (``\b`` is Unicode in both, before Java 19.) Refused are patterns that have another meaning and
cannot be translated: possessive quantifiers, ``$`` not at the end, flags, classes that Java limits to ASCII.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.terms import As, Call, Term, Value

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.call_site import Rule

__all__ = ["PATTERNS", "Pattern", "in_rust"]

_LINE_ENDS = r"\n\r\x{85}\x{2028}\x{2029}"
_ENDS = rf"\r\n|[{_LINE_ENDS}]"
_INSIDE = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\n\x0B\f\r"}
_OUTSIDE = {
    **{letter: f"[{inside}]" for letter, inside in _INSIDE.items()},
    **{letter.upper(): f"[^{inside}]" for letter, inside in _INSIDE.items()},
}
_TOKEN = re.compile(r"\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|u[0-9A-Fa-f]{4}|.)|\(\?[a-zA-Z-]*[:)]|.", re.DOTALL)
_ASKED_ONLY = ("rlike", "regexp", "regexp_like")
_ASCII = "Lower|Upper|ASCII|Alpha|Digit|Alnum|Punct|Graph|Print|Blank|Cntrl|XDigit|Space"
_ASCII_CLASSES = re.compile(rf"\\[pP]\{{({_ASCII})\}}")


class Pattern:
    """A pattern in Rust's syntax: ``body``, and whether the end of the string must follow it."""

    def __init__(self, java: str) -> None:
        self.groups = len(re.findall(r"(?<!\\)\((?!\?)|\(\?<[a-zA-Z]", java))
        self.ends = False
        self.body = "".join(self._said(java))

    def _said(self, java: str) -> list[str]:
        made: list[str] = []
        depth = 0
        pieces = [match[0] for match in _TOKEN.finditer(java)]
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            if depth:
                depth += (piece == "[") - (piece == "]")
                made.append(_in_class(piece))
            elif piece == "[":
                depth = 1
                made.append(piece)
            elif piece == "$":
                if not last:
                    raise _refused("$ before its end")
                self.ends = True
            elif piece == "+" and number and _quantifies(pieces, number - 1):
                raise _refused("a possessive quantifier")
            else:
                made.append(_outside(piece))
        return made


def in_rust(java: str, *, ends: str = f"(?:{_ENDS})?\\z") -> str:
    """The whole pattern; ``ends`` is the end of the string, with the line end that Java allows before it."""
    found = Pattern(java)
    return found.body + (ends if found.ends else "")


def _in_class(piece: str) -> str:
    if _ASCII_CLASSES.fullmatch(piece):
        raise _refused(piece)
    letter = piece[1:] if piece.startswith("\\") else ""
    if letter in _INSIDE:
        return _INSIDE[letter]
    if letter.lower() in _INSIDE and letter.isupper():
        return f"[^{_INSIDE[letter.lower()]}]"
    return _plain(piece)


def _outside(piece: str) -> str:
    if _ASCII_CLASSES.fullmatch(piece):
        raise _refused(piece)
    if piece == ".":
        return f"[^{_LINE_ENDS}]"
    if piece.startswith("(?") and set(piece[2:].rstrip(":)").partition("-")[0]) & set("msdxuU"):
        raise _refused(f"the flags {piece}")
    if piece.startswith("\\") and piece[1:] in _OUTSIDE:
        return _OUTSIDE[piece[1:]]
    return _plain(piece)


def _plain(piece: str) -> str:
    r"""An escape that both know. ``\h \R \v \Z`` and others mean something else, or nothing, in Rust."""
    if re.fullmatch(r"\\u[0-9A-Fa-f]{4}", piece):
        return rf"\x{{{piece[2:]}}}"
    if re.fullmatch(r"\\[BhHRvVZGXNkQEceN]", piece):
        raise _refused(piece)
    return piece


def _quantifies(pieces: list[str], number: int) -> bool:
    if pieces[number] in ("*", "+", "?"):
        return number > 0 and pieces[number - 1] not in ("(", "|")
    return pieces[number] == "}" and "{" in pieces[:number]


def _refused(what: str) -> Refused:
    why = f"a pattern with {what} means something else in this engine"
    return Refused(Guard.REFUSED_FUNCTIONS, why, "a pattern without it")


def _pattern_of(site: Site) -> str:
    if isinstance(pattern := site.literals[1], str):
        if not pattern and site.name not in _ASKED_ONLY:
            raise _refused("no character")
        return pattern
    raise Refused(
        Guard.REFUSED_FUNCTIONS, f"{site.name} with a pattern that is not a literal", "a literal pattern"
    )


def _with(site: Site, pattern: str, *rest: Term) -> Term | None:
    if pattern == site.literals[1] and not rest:
        return None
    return Call(site.name, (site.given[0], Value(pattern), *(rest or site.given[2:])))


def _matched(site: Site) -> Term | None:
    return _with(site, in_rust(_pattern_of(site)))


def _extracted(site: Site) -> Term | None:
    """The line end before the end of the string is in no group, but it would be in the whole match."""
    java = _pattern_of(site)
    if Pattern(java).ends and len(site.literals) > 2 and site.literals[2] == 0:
        raise _refused("$ and its whole match")
    return _with(site, in_rust(java))


def _replaced(site: Site) -> Term | None:
    """Put back the line end that Java leaves, as one more group."""
    java = _pattern_of(site)
    found = Pattern(java)
    if not found.ends:
        return _with(site, in_rust(java))
    group = found.groups + 1
    pattern = in_rust(java, ends=f"({_ENDS})?\\z")
    return _with(site, pattern, Call("concat", (site.given[2], Value(f"${group}"))), *site.given[3:])


def _split(site: Site) -> Term | None:
    java = _pattern_of(site)
    if Pattern(java).ends:
        raise _refused("$ in a split")
    return _with(site, in_rust(java))


def _counted(site: Site) -> Term | None:
    return As(_matched(site) or Call(site.name, site.given), "int")


PATTERNS: dict[str, Rule] = {
    **dict.fromkeys(_ASKED_ONLY, _matched),
    **dict.fromkeys(["regexp_extract", "regexp_extract_all", "regexp_substr"], _extracted),
    "regexp_replace": _replaced,
    "split": _split,
    **dict.fromkeys(["regexp_count", "regexp_instr"], _counted),
}
"""The functions that take a pattern, by their names in SQL."""
