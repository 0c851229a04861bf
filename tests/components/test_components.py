"""A typo in the YAML of a component is told with its line, by Dagster as by `clearwell check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from clearwell.components import Curated, Dataset, Reports, Table
from clearwell.components.quiet import quiet_dagster
from clearwell.errors import ClearwellError, ProjectError
from clearwell.project.documents import COMPONENTS
from tests.components.shop import TABLE, write

if TYPE_CHECKING:
    from clearwell.components.base import SpecComponent
    from clearwell.settings import Settings


def load_alone(settings: Settings, folder: str) -> dg.Definitions:
    """A folder of `pipelines/`, loaded by Dagster with nothing of Clearwell's around it."""
    tree = dg.ComponentTree.for_project(settings.project)
    with quiet_dagster():
        return tree.build_defs_at_path(folder)


def innermost(error: BaseException) -> BaseException:
    while error.__cause__ is not None and not isinstance(error, ClearwellError):
        error = error.__cause__
    return error


@pytest.fixture
def dg_shop(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The project as `dg` finds it."""
    file = shop.project / "pyproject.toml"
    file.write_text(
        file.read_text() + '[tool.dg.project]\nroot_module = "pipelines"\ndefs_module = "pipelines"\n'
    )
    monkeypatch.delitem(sys.modules, "pipelines", raising=False)
    monkeypatch.syspath_prepend(shop.project)
    return shop


@pytest.mark.parametrize(
    ("wrong", "line", "hint"),
    [
        ("watch: true -> wacth: true", 18, "did you mean 'watch'?"),
        ("format: csv -> format: cvs", 11, "did you mean 'csv'?"),
        ("settle_seconds: 0 -> setle_seconds: 0", 13, "did you mean 'settle_seconds'?"),
        ("name: orders -> name: Orders", 3, "use lower-case letters"),
    ],
)
def test_a_typo_is_told_with_its_line(dg_shop: Settings, wrong: str, line: int, hint: str) -> None:
    right, _, typo = wrong.partition(" -> ")
    file = write(dg_shop.project / "pipelines" / "orders" / "defs.yaml", TABLE.replace(right, typo))
    with pytest.raises(Exception, match="orders") as caught:
        load_alone(dg_shop, "orders")
    error = innermost(caught.value)
    assert isinstance(error, ProjectError)
    assert error.place == f"{file}:{line}"
    assert hint in (error.hint or "")


def test_a_component_in_the_second_document_has_its_own_lines(dg_shop: Settings) -> None:
    second = (
        "---\ntype: clearwell.components.Curated\nattributes:\n  name: totals\n  input: [silver_orders]\n"
    )
    file = write(dg_shop.project / "pipelines" / "orders" / "defs.yaml", TABLE.lstrip() + second)
    lines = file.read_text().splitlines()
    with pytest.raises(Exception, match="orders") as caught:
        load_alone(dg_shop, "orders")
    assert getattr(innermost(caught.value), "place", None) in {
        f"{file}:{n}"
        for n in (lines.index("  input: [silver_orders]") + 1, lines.index("attributes:", 5) + 1)
    }


def test_a_component_without_attributes_names_what_is_missing(dg_shop: Settings) -> None:
    write(dg_shop.project / "pipelines" / "orders" / "defs.yaml", "type: clearwell.components.Table\n")
    with pytest.raises(Exception, match="orders") as caught:
        load_alone(dg_shop, "orders")
    assert "is missing" in str(innermost(caught.value))


@pytest.mark.parametrize("component", [Table, Curated, Dataset, Reports])
def test_the_schema_that_dagster_shows_is_that_of_the_spec(component: type[SpecComponent]) -> None:
    model = component.get_model_cls()
    schema = model.model_json_schema()
    assert list(schema["properties"]) == schema["ui:order"]
    assert all("description" in value or "$ref" in value for value in schema["properties"].values())
    assert schema["additionalProperties"] is False


def test_every_type_that_yaml_may_name_is_a_component() -> None:
    assert {
        f"clearwell.components.{c.__name__}": c.spec_type for c in (Table, Curated, Dataset, Reports)
    } == dict(COMPONENTS)
