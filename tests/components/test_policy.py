"""The sample project is kept as a lake should be: every asset says what it is, whose, and where to look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearwell.components.running.location import load_definitions
from clearwell.project.load import load_project
from clearwell.settings import load_settings

if TYPE_CHECKING:
    import dagster as dg

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return load_definitions(load_project(load_settings(ROOT)))


@pytest.fixture(scope="module")
def assets(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


@pytest.mark.parametrize("missing", ["owners", "kinds", "group_name", "description"])
def test_every_asset_of_the_sample_project_has(assets: dict[str, dg.AssetSpec], missing: str) -> None:
    assert assets
    assert [name for name, spec in assets.items() if not getattr(spec, missing)] == []
    if missing == "group_name":
        assert [name for name, spec in assets.items() if spec.group_name == "default"] == []


def test_every_raw_source_of_the_sample_project_has_a_licence(assets: dict[str, dg.AssetSpec]) -> None:
    raw = {name: spec for name, spec in assets.items() if name.startswith("raw_")}
    assert raw
    assert [name for name, spec in raw.items() if not spec.metadata.get("license")] == []


def test_every_asset_of_the_sample_project_leads_to_its_lineage_and_its_code(
    assets: dict[str, dg.AssetSpec],
) -> None:
    for name, spec in assets.items():
        assert "lineage" in spec.metadata, name
        references = spec.metadata["dagster/code_references"].code_references
        assert references, name
        for reference in references:
            file = Path(reference.file_path)
            assert file.is_relative_to(ROOT), name
            assert 1 <= reference.line_number <= len(file.read_text().splitlines()), name


def test_every_check_of_the_sample_project_says_why(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    unsaid = [str(key) for key in graph.asset_check_keys if not graph.get_check_spec(key).description]
    assert unsaid == []
