"""One HTML file that needs nothing else: its own style, its own script, its own data, and no network.

A browser runs and draws only what is hashed in the page's policy, so a name that were taken for markup
could still do nothing. Data is JSON in a block that no browser executes, with every character escaped
that could end the block or begin a comment.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

__all__ = ["asset", "document"]


@cache
def asset(name: str) -> str:
    """The text of a style sheet or script that lies beside this module."""
    return files("clearwell.reports.render").joinpath("static", name).read_text(encoding="utf-8")


def document(
    *, title: str, body: str, style: str, script: str = "", data: Any = None, home: str | None = None
) -> str:
    """The page. ``body`` is markup; ``data`` is what ``script`` finds in the element ``data``."""
    policy = [f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_hash(style)}"]
    if script:
        policy += [
            f"script-src {_hash(script)}",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape("; ".join(policy), quote=True)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(title)}</title>",
        f'<link rel="up" href="{escape(home)}">' if home else "",
        f"<style>{style}</style>\n</head>\n<body>",
        body,
        f'<script type="application/json" id="data">{_block(data)}</script>' if data is not None else "",
        f"<script>{script}</script>" if script else "",
        "</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _block(data: Any) -> str:
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
