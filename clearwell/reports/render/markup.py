"""HTML that cannot be broken by what stands in it: text is escaped unless it was made here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Html", "el", "join", "soft"]


class Html(str):
    """Text that is markup. Only the functions of this module make it."""

    __slots__ = ()


def el(tag: str, *children: str | Iterable[str] | None, **attributes: str | float | None) -> Html:
    """An element. Attributes that are None or empty are left out: ``class_``, ``aria_label``."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None and value != ""
    )
    return Html(f"<{tag}{given}>{join(*children)}</{tag}>")


def join(*children: str | Iterable[str] | None) -> Html:
    """Children one after the other, each escaped unless it is markup; None is nothing."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, Html):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(escape(child, quote=False))
        elif child is not None:
            parts.append(join(*child))
    return Html("".join(parts))


def soft(name: str) -> Html:
    """A name that may break after each of its words."""
    return Html(escape(name, quote=False).replace("_", "_<wbr>"))
