"""The doctor lists the raw formats that there are, and says what is wrong with a plugin's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from clearwell.cli.doctor.formats import examine_formats
from tests.unit.sources.plugin import install

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_formats_that_are_built_in_are_one_line() -> None:
    (finding,) = examine_formats()
    assert (finding.state, finding.found) == ("ok", "csv, jsonl, parquet, text, built in")


def test_each_format_of_a_plugin_is_listed_with_whose_it_is_or_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = "toml_lines = toml_lines:TomlLines\nlost = not_there_at_all:Lost\ncsv = toml_lines:TomlLines"
    monkeypatch.syspath_prepend(install(tmp_path / "site", points=points))
    monkeypatch.delitem(sys.modules, "toml_lines", raising=False)
    found = {finding.name: finding for finding in examine_formats()}
    monkeypatch.delitem(sys.modules, "toml_lines")
    sound, lost, taken = (found[f"raw format {name}"] for name in ("toml_lines", "lost", "csv"))
    assert (sound.state, sound.found) == ("ok", "version 1, of toml-lines 1.0 (toml_lines:TomlLines)")
    assert lost.state == "error"
    assert "ModuleNotFoundError: No module named 'not_there_at_all'" in lost.found
    assert "reinstall it" in (lost.hint or "")
    assert (taken.state, "built in" in taken.found) == ("warning", True)
