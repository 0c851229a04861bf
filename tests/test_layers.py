"""Imports run one way, and a contract that nothing can break would be no contract."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CONTRACTS = {
    "layers": "Imports run one way, from the command line down to the errors",
    "cycles": "No import goes round in a circle",
    "dagster": "Dagster is known to components, definitions and the command line alone",
    "reader": "Reading a release needs pyarrow and deltalake alone",
    "tables": "Others import tables by its face, clearwell.tables, and no module inside it",
    "datasets": "Others import datasets by its face, clearwell.datasets, and no module inside it",
    "project": "The framework never imports a project: YAML names transforms as text",
}

BREACHES = [
    pytest.param("layers", {"errors.py": "import clearwell.names"}, id="errors import names"),
    pytest.param("layers", {"tables/lake.py": "import clearwell.flow"}, id="tables import the flow"),
    pytest.param("layers", {"datasets/reader.py": "import clearwell.tables"}, id="the reader imports tables"),
    pytest.param("layers", {"stores/store.py": "import clearwell.datasets"}, id="stores import the reader"),
    pytest.param("layers", {"sources/spec.py": "import clearwell.quality"}, id="siblings import each other"),
    pytest.param("layers", {"lineage/graph.py": "import clearwell.flow"}, id="lineage imports the flow"),
    pytest.param("layers", {"tables/late.py": "def f():\n    import clearwell.cli"}, id="inside a function"),
    pytest.param("layers", {"cli/app.py": "import clearwell.testing"}, id="a command needs the fixtures"),
    pytest.param("layers", {"utils.py": ""}, id="a module without a layer"),
    pytest.param(
        "cycles",
        {"tables/hen.py": "import clearwell.tables.egg", "tables/egg.py": "import clearwell.tables.hen"},
        id="two modules import each other",
    ),
    pytest.param("dagster", {"flow/run.py": "def f():\n    import dagster"}, id="the flow knows Dagster"),
    pytest.param("reader", {"datasets/reader.py": "import pyspark"}, id="the reader needs PySpark"),
    pytest.param("reader", {"datasets/reader.py": "import obstore"}, id="the reader needs obstore"),
    pytest.param("reader", {"errors.py": "import yaml"}, id="the reader needs YAML by way of the errors"),
    pytest.param("tables", {"flow/run.py": "import clearwell.tables.write.commit"}, id="past tables' face"),
    pytest.param(
        "tables",
        {"flow/run.py": "def f():\n    from clearwell.tables.control import Intent"},
        id="past tables' face, inside a function",
    ),
    pytest.param(
        "datasets",
        {"publishing/claim.py": "from clearwell.datasets.manifest import Manifest"},
        id="past datasets' face",
    ),
    pytest.param("project", {"flow/run.py": "import assets.flights"}, id="the framework imports a project"),
]


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--config", "pyproject.toml", "--no-cache", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The package and its contracts, in a folder where they can be broken."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "clearwell", tmp_path / "clearwell", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept(copied: Path) -> None:
    said = lint_imports(copied)
    assert said.returncode == 0, said.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in said.stdout


@pytest.mark.parametrize(("contract", "written"), BREACHES)
def test_a_breach_breaks_its_contract(copied: Path, contract: str, written: dict[str, str]) -> None:
    for name, text in written.items():
        file = copied / "clearwell" / name
        file.write_text(f"{file.read_text() if file.exists() else ''}\n{text}\n")
    said = lint_imports(copied, "--contract", contract)
    assert said.returncode == 1
    assert "BROKEN" in said.stdout, said.stdout
    assert CONTRACTS[contract] in said.stdout.replace("\n", " ")


def test_importing_clearwell_loads_nothing_heavy() -> None:
    heavy = {
        "dagster",
        "deltalake",
        "great_expectations",
        "numpy",
        "pandas",
        "pyarrow",
        "pydantic",
        "pyspark",
        "yaml",
    }
    program = f"import clearwell, sys; print(*sorted({heavy!r} & set(sys.modules)))"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == []


def test_what_workers_import_needs_only_what_they_have() -> None:
    """Workers of a cluster have pyarrow, deltalake and obstore, and no other package of ours."""
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('pydantic', 'yaml', 'dagster', 'pysail'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import clearwell.flow.landing.on_workers, clearwell.fingerprint.partial_sums\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr
