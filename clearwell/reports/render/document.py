"""One self-contained HTML file: its own style, its own script, its own data, and no network.

Pages are Jinja2 templates in the package. Every value is escaped unless it is ``Markup``, and a missing
template variable is an error. A browser runs and draws only what is hashed in the page's policy, so a name
that is mistaken for markup could still do nothing. Data is JSON in a block that no browser executes, with
every character escaped that could end the block or begin a comment.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["asset", "document", "environment"]


@cache
def asset(path: str) -> str:
    """The text of a style sheet or script, by its path in the package: ``pages/static/table.css``."""
    return files("clearwell").joinpath(path).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """The environment for the package's templates, which are named by their paths in the package."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("clearwell", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters["number"] = "{:,}".format
    made.filters["soft"] = _soft
    return made


def document(
    template: str, *, title: str, style: str, script: str = "", data: Any = None, **facts: Any
) -> str:
    """The page that a template makes from ``facts``; its script finds ``data`` in the element ``data``."""
    policy = [f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_hash(style)}"]
    if script:
        policy += [
            f"script-src {_hash(script)}",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    return (
        environment()
        .get_template(template)
        .render(
            title=title,
            policy="; ".join(policy),
            # Not escaped: style and script are the package's own files, and the block is escaped as JSON.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            data=None if data is None else Markup(_block(data)),  # noqa: S704
            **facts,
        )
    )


def _soft(name: str) -> Markup:
    """A name with possible line breaks between its words."""
    return escape(name).replace("_", Markup("_<wbr>"))


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _block(data: Any) -> str:
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
