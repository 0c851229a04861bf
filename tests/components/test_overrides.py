"""A project's own component is one of ours, and what is wrong with it is one error with its line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import dagster as dg
import pytest
import yaml
from dagster.components.component_scaffolding import scaffold_object
from jsonschema import Draft7Validator

from clearwell.api import run
from clearwell.cli import main
from clearwell.components.running.location import load_definitions
from clearwell.errors import ProjectError
from clearwell.project.json_schema import defs_schema
from clearwell.project.load import load_project
from tests.components.shop import TABLE, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clearwell.flow.run_result import StepResult
    from clearwell.settings import Settings

HEAD = """\
import dagster as dg
from clearwell.components import Table

class Audited(Table):
"""
OWN = TABLE.replace("clearwell.components.Table", "pipelines.own.Audited")
RETURN = "def get_asset_spec(self, props):\n    return super().get_asset_spec(props)."
SPEC = "write `def get_asset_spec(self, props: AssetProps) -> dg.AssetSpec:`"
EXECUTE = "write `def execute(self, context: dg.AssetExecutionContext) -> Iterator[Any]:`"
SUPER = "write `yield from super().execute(context)`, and around it what is yours"


@pytest.fixture(autouse=True)
def _modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("pipelines", "assets"):
            del sys.modules[name]


def extend(shop: Settings, body: str, *, head: str = HEAD, text: str = OWN) -> Path:
    """The shop with a class of its own for its orders; ``body`` begins on the fifth line."""
    write(shop.project / "pipelines" / "orders" / "defs.yaml", text)
    file = shop.project / "pipelines" / "own.py"
    file.write_text(head + "".join(f"    {line}\n" for line in body.splitlines()))
    return file


def ingest(shop: Settings) -> StepResult:
    (step,) = run(load_project(shop), "bronze_orders").steps
    return step


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("def get_asset_spec(self): pass", f"get_asset_spec(self) has other parameters than .*{SPEC}"),
        ("def get_asset_spec(self, props, more): pass", "get_asset_spec(self, props, more) has other"),
        ("get_asset_spec = {'tags': {}}", f"get_asset_spec is a dict, not a method.*{SPEC}"),
        ("async def get_asset_spec(self, props): pass", f"get_asset_spec is async.*{SPEC}"),
        ("def execute(self): yield", f"execute(self) has other parameters than .*{EXECUTE}"),
        ("execute = property(lambda self: 1)", f"execute is a property, not a method.*{EXECUTE}"),
        ("async def execute(self, context): yield", f"execute is async.*{EXECUTE}"),
        ("def execute(self, context): super().execute(context)", f"yields nothing and returns.*{SUPER}"),
        ("def get_asset_spec(self, props): pass", "returned a NoneType for raw_orders, not an AssetSpec"),
        (
            RETURN + "replace_attributes(key='a')",
            "changed the key of raw_orders to a.*keep the key",
        ),
        (
            RETURN + "replace_attributes(deps=[])",
            "dropped raw_orders from the deps of bronze_orders.*keep them",
        ),
        (
            RETURN + "replace_attributes(partitions_def=dg.StaticPartitionsDefinition(['a']))",
            "gave raw_orders partitions.*leave partitions_def out",
        ),
        (
            RETURN + "merge_attributes(owners=['a b'])",
            "get_asset_spec failed for raw_orders: DagsterInvalidDefinitionError: .*a b",
        ),
        (
            "spec_type = type('Wider', (Table.spec_type,), {})",
            "spec_type is Wider: a Table has the attributes of a Table",
        ),
    ],
)
def test_a_wrong_override_is_told_with_its_line_before_anything_runs(
    shop: Settings, body: str, told: str
) -> None:
    file = extend(shop, body)
    with pytest.raises(ProjectError) as caught:
        load_definitions(load_project(shop))
    line = (
        6 if "owners" in body else 5 if "def " in body else 4
    )  # of what raised, of the method, of the class
    assert caught.value.place == f"{file}:{line}"
    assert caught.value.fact.startswith("Audited.")
    said = " ".join(str(caught.value).split())
    for part in told.split(".*"):
        assert part in said


@pytest.mark.variants
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "yield super().execute(context)",
            f"execute yielded a generator, no event of an asset\n  next: {SUPER}",
        ),
        ("yield from ()", f"execute yielded no MaterializeResult of bronze_orders\n  next: {SUPER}"),
        ("return None if context else []", "execute yielded a NoneType, no event of an asset"),
        ("yield from super().execute(context); 1 / 0", "execute failed: ZeroDivisionError: division by zero"),
    ],
)
def test_an_execute_that_goes_wrong_fails_its_step_with_its_line(
    shop: Settings, body: str, told: str
) -> None:
    file = extend(shop, f"def execute(self, context):\n    {body}")
    step = ingest(shop)
    assert step.outcome == "failed"
    assert step.reason.startswith(f"{file}:{6 if 'Zero' in told else 5}: Audited.{told}")
    assert isinstance(step.error, ProjectError)


def test_what_was_published_before_an_execute_broke_off_stays_and_is_not_repeated(shop: Settings) -> None:
    extend(
        shop, "def execute(self, context):\n    yield from super().execute(context)\n    raise KeyError(1)"
    )
    assert ingest(shop).rows == 6
    extend(shop, "pass")
    assert ingest(shop).outcome == "unchanged"


def test_an_execute_may_return_what_super_gives_and_may_build_the_table_by_itself(shop: Settings) -> None:
    extend(shop, "def execute(self, context):\n    return super().execute(context)")
    assert ingest(shop).outcome == "built"
    extend(
        shop,
        "def execute(self, context):\n    return dg.MaterializeResult(asset_key=self.asset_key(context))",
    )
    assert ingest(shop).outcome == "built"


def test_an_execute_is_called_for_a_check_alone_and_gets_its_result(shop: Settings) -> None:
    extend(
        shop,
        "def execute(self, context):\n"
        "    for event in super().execute(context):\n"
        "        yield event._replace(metadata={**event.metadata, 'seen': len(context.selected_asset_keys)})",
    )
    ingest(shop)
    selected = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("bronze_orders"), "files_readable"))
    job = dg.define_asset_job("alone", selection=selected)
    definitions = dg.Definitions.merge(load_definitions(load_project(shop)), dg.Definitions(jobs=[job]))
    result = definitions.resolve_job_def("alone").execute_in_process()
    (found,) = result.get_asset_check_evaluations()
    assert (found.passed, found.metadata["seen"].value) == (True, 0)


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        "import clearwell.components as c\nclass A(c.Table): pass\nclass Audited(A):\n",
        "from clearwell.components.table import *\nclass Mixin: pass\nclass Audited(Mixin, Table):\n",
        "from clearwell import components\nclass _A(components.Table): pass\nB = _A\nclass Audited(B):\n",
        "if True:\n  from clearwell.components import Table\n  class Audited(Table): pass\nclass B:\n",
    ],
)
def test_a_class_is_read_as_the_component_that_it_extends(shop: Settings, head: str) -> None:
    extend(shop, "pass", head=head)
    project = load_project(shop)
    assert project.extended == {"pipelines.own.Audited": "clearwell.components.Table"}
    specs = {spec.key.to_user_string() for spec in load_definitions(project).resolve_all_asset_specs()}
    assert {"bronze_orders", "gold_totals"} <= specs


def test_a_class_beside_its_yaml_an_import_of_it_and_an_installed_one_are_found(
    shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shop.project / "pipelines" / "orders" / "defs.yaml"
    write(tmp_path / "site" / "team_parts" / "__init__.py", "from team_parts.audit import Audited\n")
    write(tmp_path / "site" / "team_parts" / "audit.py", f"{HEAD}    pass\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    write(shop.project / "pipelines" / "orders" / "here.py", "from team_parts import Audited as Mine\n")
    for type in ("team_parts.Audited", ".here.Mine", "pipelines.orders.here.Mine"):
        write(file, TABLE.replace("clearwell.components.Table", type))
        assert load_project(shop).extended == {type: "clearwell.components.Table"}
        load_definitions(load_project(shop))
    for name in [name for name in sys.modules if name.startswith("team_parts")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("type", "fact", "hint"),
    [
        ("pipelines.own.Auditd", "own.py has no class 'Auditd'", "did you mean 'Audited'?"),
        ("pipelines.owm.Audited", "no module 'pipelines.owm' in this project", "mean 'pipelines.own'?"),
        ("pipeline.own.Audited", "unknown component type 'pipeline.own.Audited'", "mean 'pipelines'?"),
        ("clearwel.components.Table", "unknown component type", "did you mean 'clearwell.components.Table'?"),
        ("Table", "unknown component type 'Table'", "the types are clearwell.components.Table"),
    ],
)
def test_a_type_that_is_nearly_right_is_told_with_its_line(
    shop: Settings, type: str, fact: str, hint: str
) -> None:
    extend(shop, "pass", text=TABLE.replace("clearwell.components.Table", type))
    with pytest.raises(ProjectError) as caught:
        load_project(shop)
    assert caught.value.place == f"{shop.project}/pipelines/orders/defs.yaml:1"
    assert fact in caught.value.fact
    assert hint in (caught.value.hint or "")


def test_components_of_others_in_the_project_and_beside_it_are_left_alone(shop: Settings) -> None:
    write(
        shop.project / "pipelines" / "theirs.py",
        """
        import dagster as dg
        class Folder(dg.DefsFolderComponent): pass
        Made = type("Made", (dg.Component,), {})
        """,
    )
    for type in ("pipelines.theirs.Folder", "pipelines.theirs.Made", "dagster_dbt.DbtProjectComponent"):
        write(shop.project / "pipelines" / "more" / "defs.yaml", f"type: {type}\n")
        assert load_project(shop).extended == {}


def test_a_class_that_cannot_be_read_is_told_by_what_to_write(shop: Settings) -> None:
    made = "Audited = type('Audited', (Table,), {'__module__': __name__})"
    extend(shop, "", head=f"from clearwell.components import Table\n{made}\n")
    (shop.project / "pipelines" / "others" / "defs.yaml").unlink()
    with pytest.raises(ProjectError, match="is a Table, which cannot be told without running") as caught:
        load_definitions(load_project(shop))
    assert caught.value.place == f"{shop.project}/pipelines/orders/defs.yaml:1"
    assert "write it as `class Audited(Table):`" in str(caught.value.hint)


def test_code_that_cannot_be_imported_is_told_with_its_line(shop: Settings) -> None:
    file = extend(shop, "colour = COLOUR")
    with pytest.raises(ProjectError, match="NameError: name 'COLOUR'") as caught:
        load_definitions(load_project(shop))
    assert caught.value.place == f"{file}:5"


def test_editors_and_scaffolds_know_the_class(shop: Settings) -> None:
    extend(shop, "pass")
    extended = load_project(shop).extended
    schema = Draft7Validator(defs_schema(extended))
    document = yaml.safe_load(TABLE.replace("clearwell.components.Table", "pipelines.own.Audited"))
    del document["attributes"]["source"]["settle_seconds"]
    assert schema.is_valid(document)
    document["attributes"]["wacth"] = True
    assert not schema.is_valid(document)
    assert Draft7Validator(defs_schema()).is_valid(document)  # to whom it is somebody else's

    load_definitions(load_project(shop))  # as `dg` does: the module can be imported
    folder = shop.project / "pipelines" / "invoices"
    scaffold_object(folder, "pipelines.own.Audited", "{}", "yaml", shop.project)
    written = yaml.safe_load((folder / "defs.yaml").read_text())
    assert (written["type"], written["attributes"]["name"]) == ("pipelines.own.Audited", "invoices")
    assert "invoices" in load_project(shop).tables


def test_check_finds_a_wrong_override(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    extend(shop, "def execute(self): yield")
    monkeypatch.chdir(shop.project)
    assert main(["check"]) == 1
    assert "pipelines/own.py:5: Audited.execute(self) has other parameters" in capsys.readouterr().out
    extend(shop, "pass")
    assert main(["check"]) == 0
