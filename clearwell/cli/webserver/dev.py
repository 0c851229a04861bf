"""``dagster dev``, with its options, but its web server is the one behind the guard.

python -m clearwell.cli.webserver.dev --port 3000

Dagster starts the server as a process of its own and has no place for another; so what it starts is replaced
by name, and a process that is neither its server nor its daemon is not started at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from subprocess import Popen

__all__ = ["main"]

GUARDED = {"dagster_webserver": "clearwell.cli.webserver", "dagster._daemon": "dagster._daemon"}
"""The module that each module of Dagster is replaced by."""


def main() -> None:
    """Serve until the process is ended."""
    from dagster._cli import dev

    command: Any = dev
    start = command.open_ipc_subprocess

    def start_guarded(parts: Sequence[str], **options: Any) -> Popen[Any]:
        python, flag, module, *rest = parts
        return start([python, flag, GUARDED[module], *rest], **options)

    command.open_ipc_subprocess = start_guarded
    command.dev_command(prog_name="dagster dev")


if __name__ == "__main__":
    main()
