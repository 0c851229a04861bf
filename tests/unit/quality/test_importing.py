"""What importing Great Expectations leaves behind: nothing of the process is changed."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def run(code: str, folder: Path) -> None:
    """Run ``code`` in a process of its own, every warning an error, in an empty folder."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(code)],
        cwd=folder,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(folder.iterdir()) == []


@pytest.mark.full
def test_warnings_the_collector_and_the_importer_stay_as_they_were(tmp_path: Path) -> None:
    run(
        """
        import gc, sys, warnings
        before = warnings.filters[:], warnings.showwarning, gc.isenabled()
        from clearwell.quality.importing import import_great_expectations
        import_great_expectations()
        assert (warnings.filters[:], warnings.showwarning, gc.isenabled()) == before
        assert not any(type(finder).__module__.startswith("clearwell") for finder in sys.meta_path)
        """,
        tmp_path,
    )


@pytest.mark.variants
@pytest.mark.parametrize(
    "use", ["from scipy import stats; stats.norm.cdf(0)", "import altair; altair.Chart()"]
)
def test_what_is_loaded_late_still_works(use: str, tmp_path: Path) -> None:
    run(f"from clearwell.quality.importing import import_great_expectations as i; i(); {use}", tmp_path)


@pytest.mark.full
def test_linting_writes_nothing_and_opens_no_connection(tmp_path: Path) -> None:
    file = tmp_path.parent / f"{tmp_path.name}.yaml"
    file.write_text("checks:\n- {expectation: expect_column_values_to_be_unique, kwargs: {column: a}}\n")
    run(
        f"""
        import socket
        def refuse(*args, **kwargs):
            raise AssertionError("a connection")
        socket.socket.connect = refuse
        from pathlib import Path
        from clearwell.quality import check_suite
        assert check_suite(Path({str(file)!r})) == []
        """,
        tmp_path,
    )
