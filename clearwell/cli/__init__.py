"""The command line: a file for each command; `lake` has tables, show, releases.

Start-up imports click and nothing heavier: a command imports its dependencies when it runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    0 success; 1 an error, a failed run, or a check that found something; 2 wrong usage; 70 a bug in
    Clearwell; 130 interrupted.
    """
    try:
        from clearwell.cli.app import run_command
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print(
            "error: the command line is not part of the reader's installation\n"
            "  next: pip install 'clearwell[pipelines]'",
            file=sys.stderr,
        )
        return 1
    return run_command(sys.argv[1:] if arguments is None else arguments)
