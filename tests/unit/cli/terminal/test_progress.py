"""Work is seen on standard error: a moving line on a terminal, plain lines in a log."""

from __future__ import annotations

import io
import logging
import re
import sys

import pytest

from clearwell.cli.terminal.progress import progress

log = logging.getLogger("clearwell")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_has_plain_lines_with_their_time(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("working"):
        log.info("bronze_flights: %s accepted", "12,556")
        log.debug("too small")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    bronze_flights: 12,556 accepted\n", captured.err)


def test_debug_adds_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("working", debug=True):
        logging.getLogger("clearwell.steps").debug("step stage bronze_flights")
    assert "DEBUG   step stage bronze_flights" in capsys.readouterr().err


def test_a_terminal_keeps_each_message_and_moves_below_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("working"):
        log.info("[bold]as it is[/bold]")
    assert "[bold]as it is[/bold]\n" in terminal.getvalue()
    assert "working" in terminal.getvalue() or "as it is" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_the_logger_is_left_as_it_was() -> None:
    before = (log.level, log.propagate, list(log.handlers))
    with pytest.raises(ValueError, match="stop"), progress("working"):
        raise ValueError("stop")
    assert (log.level, log.propagate, list(log.handlers)) == before
