"""Open Dagster's pages on the project and its lake: the web server and the daemon, on loopback.

This process becomes Dagster's own (`exec`), so that signals reach it and no process is left behind. Its pages
have no login, so they answer only to this machine, and there only to themselves (``webserver.guard``). A
small second process serves the lake's own pages (reports, data docs, lineage), which Dagster links to; it
ends with this one.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import click

from clearwell.cli.terminal.session import Session, options
from clearwell.errors import ClearwellError
from clearwell.names import REPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.settings import Settings

__all__ = ["ui"]

HOST = "127.0.0.1"
LOCK = ".ui.lock"


@click.command(short_help="Open Dagster's pages on this project.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port of the pages."
)
@options()
def ui(session: Session, port: int) -> None:
    """Open Dagster's pages on this project and its lake; Ctrl-C closes them.

    The lake's own pages are served too: its report, the docs of each table, the lineage.
    """
    from clearwell.tables import lake_of

    settings = session.settings()
    _require_free(port)
    _prepare(settings.dagster_home, settings.access)
    _take_lock(settings.dagster_home, port)
    pages = _serve_pages(settings.lake / REPORTS)
    lake = lake_of(settings).address
    click.echo(
        f"http://{HOST}:{port}  {settings.project.name} on the lake {lake}; Ctrl-C closes it\n"
        f"{pages}  the lake's report, data docs and lineage",
        err=True,
    )
    # A shell that starts us in the background makes us ignore Ctrl-C, and Dagster would inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(settings.project)
    command = dagster_command(settings, port, debug=session.debug)
    sys.stderr.flush()
    os.execve(command[0], command, environment(settings, pages))  # noqa: S606 - our own interpreter


def dagster_command(settings: Settings, port: int, *, debug: bool = False) -> list[str]:
    """The command that serves the pages, to be started in the project's folder."""
    with (settings.project / "pyproject.toml").open("rb") as file:
        tool = tomllib.load(file).get("tool", {})
    # `dg dev`, which Dagster recommends, looks for its own project layout and logs every tick.
    quiet = "ignore:Function `dev_command` is superseded"
    serve = [sys.executable, "-W", quiet, "-m", "clearwell.cli.webserver.dev"]
    command = [*serve, "--host", HOST, "--port", str(port)]
    if "dagster" not in tool and "project" not in tool.get(
        "dg", {}
    ):  # there Dagster finds name and module itself
        command += ["--module-name", "clearwell.definitions"]
    return [*command, "--log-level", "info" if debug else "warning"]


def environment(settings: Settings, pages: str) -> dict[str, str]:
    """Our environment, with Dagster's home and the settings of runs started from the pages."""
    return {
        **os.environ,
        **settings.environment(),
        "DAGSTER_HOME": str(settings.dagster_home),
        "CLEARWELL_PAGES_URL": pages,
    }


def _serve_pages(folder: Path) -> str:
    """Start the server of the lake's pages, which ends when this process does, even after `exec`.

    The write end of its lifeline stays open through `exec`; no child of Dagster's inherits it, because Python
    closes all descriptors that are not passed explicitly.
    """
    lifeline, ours = os.pipe()
    answers, report = os.pipe()
    os.set_inheritable(ours, True)
    command = [
        sys.executable,
        "-P",
        "-m",
        "clearwell.cli.pages_server",
        str(lifeline),
        str(report),
        str(folder),
    ]
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            pass_fds=(lifeline, report),
            start_new_session=True,  # Ctrl-C is Dagster's; this process follows it
        )
    finally:
        os.close(lifeline)
        os.close(report)
    with os.fdopen(answers, "rb") as answer:
        port = answer.readline().decode().strip()
    if not port:
        raise ClearwellError("the server of the lake's pages did not start", hint="try it again")
    return f"http://{HOST}:{port}"


def _prepare(home: Path, access: str) -> None:
    """Create Dagster's home and its databases; two processes that start at once would conflict over it."""
    from clearwell.components.running.instance import make_home, open_instance
    from clearwell.stores import keep_private

    keep_private(home, access)
    if not (home / "dagster.yaml").is_file():
        make_home(home)
    open_instance(home).dispose()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ClearwellError(
                f"port {port} is not free: {error.strerror}",
                hint=f"close what uses it, or try --port {port + 1}",
            ) from error


def _take_lock(home: Path, port: int) -> None:
    """Hold a lock until this process, or what it becomes, ends: each home has one daemon."""
    lock = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        where = os.read(lock, 100).decode()
        os.close(lock)
        raise ClearwellError(
            f"the pages are already open at {where}", place=str(home), hint="close them first, or use those"
        ) from error
    os.ftruncate(lock, 0)
    os.write(lock, f"http://{HOST}:{port}".encode())
    os.set_inheritable(lock, True)
