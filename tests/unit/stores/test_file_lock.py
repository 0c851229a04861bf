"""Processes of one machine take turns, and a long wait is told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from clearwell.stores import file_lock, locked

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_wait_for_another_process_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(file_lock, "_PATIENCE_SECONDS", 0.05)
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path / "lock", "counts"):
            order.append("second")

    with locked(tmp_path / "lock", "counts"):
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]
    assert caplog.messages == [f"waiting for another process that counts, and holds {tmp_path / 'lock'}"]
