"""The commands, and how errors are shown: one screen on standard error and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

import clearwell
from clearwell.cli.doctor.command import doctor
from clearwell.cli.init import init
from clearwell.cli.lake import releases, show
from clearwell.cli.lineage import lineage
from clearwell.cli.project import check, preview
from clearwell.cli.quarantine import quarantine
from clearwell.cli.retract import retract
from clearwell.cli.run import run
from clearwell.cli.schema import schema
from clearwell.cli.tables import tables
from clearwell.cli.terminal.completion import completion
from clearwell.cli.terminal.session import Session
from clearwell.cli.trace import trace
from clearwell.cli.ui import ui
from clearwell.cli.upkeep.maintain import maintain, report
from clearwell.cli.upkeep.repair import repair
from clearwell.cli.upkeep.upgrade import upgrade
from clearwell.cli.verify import fingerprint, verify
from clearwell.errors import ClearwellError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run_command"]

FAILED, FAULT, INTERRUPTED = 1, 70, 130


class _InOrder(click.Group):
    """Lists its commands in the order of a typical workflow, not alphabetically."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(clearwell.__version__, prog_name="clearwell")
def app() -> None:
    """Make raw data ready for AI: run a project's pipelines and look into its lake.

    Start with: clearwell init my_lake
    """


for _command in (
    init,
    check,
    run,
    ui,
    tables,
    show,
    quarantine,
    lineage,
    trace,
    preview,
    releases,
    verify,
    fingerprint,
    retract,
    report,
    maintain,
    repair,
    upgrade,
    doctor,
    schema,
    completion,
):
    app.add_command(_command)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code. Errors are printed, never raised."""
    session = Session()
    try:
        code = app.main(list(arguments), prog_name="clearwell", obj=session, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output closed it: `clearwell show ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except ClearwellError as error:
        _say(f"error: {session.with_where(error)}", error, session)
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: no caller would report it well
        if refused := _disk_failure(error):
            _say(f"error: {refused}", error, session)
            return FAILED
        fact = f"{type(error).__name__}: {error}"[:500]
        next_step = (
            "report it with the lines above" if session.debug else "run it again with --debug to see where"
        )
        _say(f"error: Clearwell has a bug: {fact}\n  next: {next_step}", error, session)
        return FAULT


def _disk_failure(error: Exception) -> ClearwellError | None:
    """What the operating system refuses anywhere, such as to write a report."""
    if not isinstance(error, OSError):
        return None
    from clearwell.stores import disk_failure  # imports pyarrow: only when there is an error

    return disk_failure(error, str(error.filename or os.getcwd()))


def _say(text: str, error: Exception, session: Session) -> None:
    if session.debug:
        traceback.print_exception(error)
    click.secho(text, fg="red", err=True)
