"""A page as a browser's parser would take it: its elements, their texts and links, and what is inline."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

_VOID = ("meta", "link", "br", "wbr", "input", "img")


class Reader(HTMLParser):
    """Reads a page; fails where an element is left open or closed twice."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self.policy = ""
        self._open: list[str] = []
        self._is_code = False
        self.feed(page)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        """All text that is shown, with single spaces."""
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += given.items()
        self.links += [given[name] for name in ("href", "src") if name in given]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        self._is_code = tag == "style" or (tag == "script" and "type" not in given)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            if self._is_code:
                self.inline[self._open[-1]].append(data)
        else:
            self.texts.append(data)


def allowed(policy: str, directive: str) -> list[str]:
    """What a policy allows for ``style-src`` or ``script-src``."""
    found = re.search(rf"{directive} ([^;]*)", policy)
    return found[1].split() if found else []


def hashed(text: str) -> str:
    """The text of a style sheet or script, as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
