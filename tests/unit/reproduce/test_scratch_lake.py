"""Where `verify` makes a release again: a folder that nobody else enters and that does not stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from clearwell.reproduce.scratch_lake import scratch_lake
from clearwell.tables import Lake

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, signal, sys
from clearwell.reproduce.scratch_lake import scratch_lake
from clearwell.tables import Lake

with scratch_lake(Lake(sys.argv[1]), "embedded", sys.argv[2] or None) as lake:
    (lake.root / "rows").write_text("of a release")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("where", ["", "shared"])
def test_what_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    temporary, beside = tmp_path / "tmp", str(tmp_path / where) if where else ""
    temporary.mkdir()
    command = [sys.executable, "-c", KILLED, str(tmp_path / "lake"), beside]
    killed = subprocess.run(command, env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = [*temporary.iterdir(), *(tmp_path.glob("shared/*"))]
    assert len(left) == (2 if where else 1)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with scratch_lake(Lake(tmp_path / "lake"), "embedded", beside or None) as first:
        assert not any(folder.exists() for folder in left)
        assert first.root.stat().st_mode & 0o077 == 0
        with scratch_lake(Lake(tmp_path / "lake"), "embedded", beside or None) as second:
            assert first.root.is_dir()  # another that is alive is left alone
            assert second.root != first.root
    assert [*temporary.iterdir(), *(tmp_path.glob("shared/*"))] == []
