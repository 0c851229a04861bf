"""What of personal data the terminal shows: nothing by the project's rule, all with `--show-personal`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearwell.cli.terminal.session import Session
    from clearwell.project.personal_data import PersonalData
    from clearwell.tables import Lake

__all__ = ["may_show_personal", "rule_for"]

may_show_personal = click.option(
    "--show-personal", is_flag=True, help="Show the values of columns with personal data, and raw text."
)


def rule_for(session: Session, lake: Lake) -> PersonalData | None:
    """The rule by which values of ``lake`` are hidden; None where its project is not here, or not sound."""
    from clearwell.project.personal_data import PersonalData

    project = session.project_of(lake)
    return None if project is None else PersonalData.of(project, lake)
