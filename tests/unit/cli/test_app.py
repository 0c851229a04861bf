"""Every error is one screen on standard error, and an exit code that a script can tell apart."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from clearwell.cli import main
from clearwell.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran

COMMANDS = [
    "init",
    "check",
    "run",
    "ui",
    "tables",
    "show",
    "quarantine",
    "trace",
    "preview",
    "releases",
    "report",
    "maintain",
    "doctor",
    "schema",
    "completion",
]
WITHOUT_A_LAKE = {"schema", "completion"}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make `clearwell tables` raise an error."""

    def fail_with(error: BaseException) -> None:
        def callback(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr(app.commands["tables"], "callback", callback)

    return fail_with


def test_help_lists_the_commands_in_the_order_of_a_days_work(clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("--help")
    assert ran.code == 0
    listed = [
        line.split()[0] for line in ran.out.partition("Commands:")[2].splitlines() if line.startswith("  ")
    ]
    assert [word for word in listed if word in COMMANDS] == COMMANDS


@pytest.mark.parametrize("command", list(app.commands))
def test_every_command_takes_its_lake_and_debug_and_explains_itself(
    command: str, clearwell: Callable[..., Ran]
) -> None:
    ran = clearwell(command, "--help")
    assert ran.code == 0
    assert ("--lake PATH" in ran.out) is (command not in WITHOUT_A_LAKE)
    assert "--debug" in ran.out


@pytest.mark.parametrize(
    "command", ["check", "tables", "show", "quarantine", "trace", "preview", "releases", "doctor"]
)
def test_every_listing_takes_json(command: str, clearwell: Callable[..., Ran]) -> None:
    assert "--json" in clearwell(command, "--help").out


@pytest.mark.parametrize(
    "arguments", [["tabels"], ["tables", "--lak", "x"], ["show"], ["ui", "--port", "zero"]]
)
def test_wrong_usage_ends_with_2_and_a_hint(arguments: list[str], clearwell: Callable[..., Ran]) -> None:
    ran = clearwell(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Error:" in ran.err


def test_outside_of_a_project_the_error_says_where_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clearwell: Callable[..., Ran]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = clearwell("check")
    assert ran.code == 1
    assert ran.err.startswith("error: ")
    assert "is not in a Clearwell project" in ran.err
    assert "next: go to a folder whose pyproject.toml has a [tool.clearwell] section" in ran.err
    assert "clearwell init DIR" in ran.err
    assert "Traceback" not in ran.err


def test_debug_shows_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clearwell: Callable[..., Ran]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = clearwell("check", "--debug")
    assert ran.code == 1
    assert "Traceback" in ran.err


def test_a_fault_of_clearwell_ends_with_70_and_tells_how_to_see_more(
    failing: Callable[[BaseException], None], clearwell: Callable[..., Ran]
) -> None:
    failing(KeyError("x"))
    ran = clearwell("tables")
    assert (ran.code, ran.out) == (70, "")
    assert "KeyError: 'x'" in ran.err
    assert "--debug" in ran.err
    assert len(ran.err.splitlines()) == 2


def test_ctrl_c_ends_with_130(
    failing: Callable[[BaseException], None], clearwell: Callable[..., Ran]
) -> None:
    failing(KeyboardInterrupt())
    ran = clearwell("tables")
    assert (ran.code, ran.out) == (130, "")
    assert "Traceback" not in ran.err


def test_an_exit_code_of_a_command_is_kept(
    monkeypatch: pytest.MonkeyPatch, clearwell: Callable[..., Ran]
) -> None:
    monkeypatch.setattr(
        app.commands["tables"], "callback", lambda *_, **__: click.get_current_context().exit(3)
    )
    assert clearwell("tables").code == 3


def test_a_reader_that_stops_reading_is_no_error() -> None:
    code = "import sys; from clearwell.cli import main; sys.exit(main(['run', '--help']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert said == b""


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from clearwell.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    heavy = {
        "dagster",
        "pyspark",
        "pyarrow",
        "deltalake",
        "pandas",
        "pydantic",
        "yaml",
        "rich",
        "great_expectations",
    }
    assert heavy & set(ran.stderr.split()) == set()


def test_without_click_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("clearwell.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "click", None)
    assert main(["tables"]) == 1
    assert "pip install 'clearwell[pipelines]'" in capsys.readouterr().err


def test_advice_leads_to_the_lake_that_the_command_was_about(
    clearwell: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = clearwell("show", "silver_orders", "--lake", str(tmp_path / "none yet"))
    assert ran.code == 1
    assert "`clearwell run` creates one" in ran.err
    assert f"the lake: add --lake '{tmp_path}/none yet' to each command" in ran.err
    assert "the lake: add" not in clearwell("show", "silver_orders").err
