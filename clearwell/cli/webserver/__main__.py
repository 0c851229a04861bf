"""Dagster's web server behind the guard, with the options of ``dagster-webserver``.

python -m clearwell.cli.webserver -w workspace.yaml --port 3000

Behind a proxy CLEARWELL_DAGSTER_URL says at which address people open the pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.cli.webserver.guard import Guard
from clearwell.settings import dagster_url

if TYPE_CHECKING:
    from clearwell.cli.webserver.guard import Application

__all__ = ["main"]


def main() -> None:
    """Serve until the process is ended."""
    import dagster_webserver.cli

    command: Any = dagster_webserver.cli
    public, make = dagster_url(), command.create_app_from_workspace_process_context

    def make_guarded(*arguments: Any, **options: Any) -> Application:
        return Guard(make(*arguments, **options), public)

    command.create_app_from_workspace_process_context = make_guarded
    command.main()


if __name__ == "__main__":
    main()
