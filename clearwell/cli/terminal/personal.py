"""The option of the commands that hide personal values, and show them only on request."""

from __future__ import annotations

import click

__all__ = ["may_show_personal"]

may_show_personal = click.option(
    "--show-personal", is_flag=True, help="Show the values of columns with personal data, and raw text."
)
