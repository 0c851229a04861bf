"""Why a raw file was set aside is kept and told, but of personal sources without the words of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.names import TableName
from clearwell.project.load import load_project
from clearwell.sources import UnreadableFile
from tests.project import make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("personal", "told"), [("[]", "near Ann"), ("[amount]", "(withheld)")])
def test_a_file_is_set_aside_without_what_its_reader_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, personal: str, told: str
) -> None:
    def read(*_: Any) -> Any:
        raise UnreadableFile("cannot be parsed: near Ann", place="raw/a.csv", quotes="near Ann")

    project = make_project(tmp_path / "project")
    defs = project.root / "pipelines/orders/defs.yaml"
    defs.write_text(defs.read_text().replace("name: orders", f"name: orders\n  personal: {personal}"))
    project.deliver("a.csv", 1, 2)
    monkeypatch.setattr("clearwell.flow.landing.write.read", read)
    run = Run(load_project(project.settings), project.open(), engine=None)  # type: ignore[arg-type]
    result = ingest(run, run.project.tables["orders"])
    (block,) = run.lake.control.blocked(TableName.parse("bronze_orders"))
    for text in (block.reason, "\n".join(result.notes)):
        assert f"raw/a.csv: cannot be parsed: {told}" in text
        assert personal == "[]" or "Ann" not in text
