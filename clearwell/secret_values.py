"""Values that no message may have: learned where they are read, and taken out of every text that leaves.

The settings and the YAML say which values these are, before any message exists; an engine says it of its
token. Every ``ClearwellError`` is redacted when it is made, so what a library quotes of an address is not
told either.
"""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

__all__ = ["learn", "redact", "shown"]

_learned: set[str] = set()

_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|_KEY$|APIKEY", re.IGNORECASE)
_PASSWORD = re.compile(r"://[^\s/@:]*:(\S+)@")
_PLAIN = re.compile(r"[\w .+-]{0,20}")
_SHORTEST, _SHORTEST_NAMED = 6, 8
"""What is shorter could be a word of any text."""


def learn(*values: str | None) -> None:
    """Keep ``values`` out of all messages from now on, as they are written and as they are meant."""
    _learned.update(
        form for value in values if value for form in (value, unquote(value)) if len(form) >= _SHORTEST
    )


def redact(text: str) -> str:
    """``text`` without what was learned, and without the environment's secrets.

    These are the values of variables whose names look like a secret, and passwords in addresses.
    """
    hidden = set(_learned)
    for name, value in os.environ.items():
        if _NAME.search(name) and len(value) >= _SHORTEST_NAMED:
            hidden.add(value)
        hidden.update(found for found in _PASSWORD.findall(value) if len(found) >= _SHORTEST)
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def shown(value: object) -> str:
    """A setting that cannot be read, as a message may quote it: a word or a number, as in a mistyped name.

    Of anything else only the kind is told, because it may be an address with a password, or several.
    """
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return f"a text of {len(value)} characters, not shown,"
    if isinstance(value, str | int | float):
        return repr(value)
    return f"a {type(value).__name__}, not shown,"
