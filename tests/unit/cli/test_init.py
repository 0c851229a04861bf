"""`clearwell init` makes a whole project or none, and never touches a file that is there."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dagster._core.workspace.load import location_origins_from_yaml_paths
from packaging.requirements import Requirement

import clearwell as package
from clearwell.cli import init as module
from clearwell.cli.init import TEMPLATE, project_files
from clearwell.settings import load_settings
from clearwell.settings.levels import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.ran import Ran

DOCS = Path(__file__).parents[3] / "docs"
OPERATORS = (DOCS / "operators.md").read_text()
COMMENTED = re.compile(r"^# (?=[a-z_]+ = |\[)", re.MULTILINE)
"""Before a setting of the pyproject.toml that is not in use."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CLEARWELL_LAKE", "CLEARWELL_ENGINE", "DAGSTER_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


def contents(folder: Path) -> dict[str, str]:
    return {f.relative_to(folder).as_posix(): f.read_text() for f in folder.rglob("*") if f.is_file()}


def test_a_new_folder_has_every_file_and_the_next_steps_are_said(
    tmp_path: Path, clearwell: Callable[..., Ran]
) -> None:
    ran = clearwell("init", "my_lake")
    assert (ran.code, ran.err) == (0, "")
    files = contents(tmp_path / "my_lake")
    assert files == project_files("my_lake")
    assert ran.out.startswith(f"made      {len(files)} files in {tmp_path / 'my_lake'}\n")
    steps = [line.removeprefix("next").strip().partition("  # ")[0] for line in ran.out.splitlines()[2:]]
    assert steps[0] == "cd my_lake"
    assert [step.split()[-1] for step in steps[1:4]] == ["check", "run", "tables"]
    assert steps[-1].strip() == "pytest"
    assert os.listdir(tmp_path) == ["my_lake"]


def test_what_is_made_has_all_the_parts_of_a_project() -> None:
    files = project_files("my_lake")
    assert {
        *("pyproject.toml", "README.md", ".gitignore", ".vscode/settings.json", "dagster_home/dagster.yaml"),
        *("pipelines/orders/defs.yaml", "pipelines/storage_cost/prices.yaml", "assets/orders.py"),
        *("expectations/silver_orders.yaml", "tests/test_orders.py", "raw/orders/2026-03-02.csv"),
    } < set(files)
    assert not [name for name, text in files.items() if "@@" in text]


def test_the_projects_name_and_version_stand_in_its_pyproject() -> None:
    text = tomllib.loads(project_files("my-lake")["pyproject.toml"])
    assert text["project"]["name"] == "my-lake"
    assert text["tool"]["dg"]["project"]["code_location_name"] == "my-lake"
    (needed,) = map(Requirement, text["project"]["dependencies"])
    assert (needed.name, needed.extras) == ("clearwell", {"pipelines"})
    assert needed.specifier.contains(package.__version__)


def test_every_file_that_operators_are_told_of_is_made() -> None:
    named = set(re.findall(r"dagster_home/[\w.]+", OPERATORS))
    assert {"dagster_home/dagster.production.yaml", "dagster_home/workspace.yaml"} <= named
    assert named <= set(project_files("my_lake"))


def test_every_setting_that_operators_are_told_of_stands_in_the_pyproject() -> None:
    named = set(re.findall(r"`(\w+)(?: = [^`]+)?`", OPERATORS)) & set(KEYS)
    assert {"access", "engine_memory", "lake", "name", "openlineage"} <= named
    text = COMMENTED.sub("", project_files("my_lake")["pyproject.toml"])
    assert named <= set(re.findall(r"^(\w+) = ", text, re.MULTILINE))


def test_every_yaml_key_that_operators_are_told_of_is_in_the_schemas() -> None:
    named = set(re.findall(r"`([a-z_]+): ", OPERATORS))
    assert {"max_field", "notes", "on_change", "order"} <= named
    schema = project_files("my_lake")[".schemas/defs.json"]
    assert [key for key in sorted(named) if f'"{key}"' not in schema] == []


def test_every_variable_that_operators_are_told_of_is_read_by_something() -> None:
    named = set(re.findall(r"`((?:CLEARWELL|DAGSTER)_\w+)`", OPERATORS))
    assert {"CLEARWELL_AUTOMATION", "DAGSTER_POSTGRES_URL"} <= named
    read = (DOCS / "reference" / "settings.md").read_text()
    read += project_files("my_lake")["dagster_home/dagster.production.yaml"]
    assert [variable for variable in sorted(named) if variable not in read] == []


def test_the_settings_that_are_commented_out_can_be_used(
    tmp_path: Path, clearwell: Callable[..., Ran]
) -> None:
    clearwell("init", "my_lake")
    file = tmp_path / "my_lake" / "pyproject.toml"
    file.write_text(COMMENTED.sub("", file.read_text()))
    settings = load_settings(file.parent)
    assert (settings.access, settings.engine_memory) == ("group", 6 << 30)
    assert load_settings(file.parent, profile="cloud").engine == "sc://spark.example.org:15002"


def test_git_ignores_what_runs_make_and_nothing_else(tmp_path: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("init", "my_lake")
    made = ["lake/gold/x", "lake-cloud/gold/x", "dagster_home/history/runs.db", "assets/__pycache__/x.pyc"]
    asked = "\n".join([*made, *project_files("my_lake")])
    here = {"cwd": tmp_path / "my_lake", "capture_output": True, "text": True}
    subprocess.run(["git", "init", "--quiet"], check=True, **here)
    ignored = subprocess.run(["git", "check-ignore", "--stdin"], input=asked, check=True, **here)
    assert ignored.stdout.splitlines() == made


def test_the_workspace_is_the_code_location_of_the_project(
    tmp_path: Path, clearwell: Callable[..., Ran]
) -> None:
    clearwell("init", "my_lake")
    file = tmp_path / "my_lake" / "dagster_home" / "workspace.yaml"
    (origin,) = location_origins_from_yaml_paths([str(file)])
    assert origin.location_name == "my_lake"
    assert origin.loadable_target_origin.module_name == "clearwell.definitions"


def test_its_python_is_formatted_and_without_a_finding(tmp_path: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("init", "my_lake")
    for action in (
        ["format", "--check"],
        ["check", "--select", "A,ANN,B,E,F,I,PL,RUF,SIM,UP", "--ignore", "PLR2004"],
    ):
        command = [sys.executable, "-m", "ruff", *action, "--no-cache", "--isolated", "--line-length", "110"]
        said = subprocess.run([*command, "my_lake"], capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout


def test_a_name_of_its_own(tmp_path: Path, clearwell: Callable[..., Ran]) -> None:
    assert clearwell("init", "2026 sales", "--name", "sales").code == 0
    text = (tmp_path / "2026 sales" / "pyproject.toml").read_text()
    assert 'name = "sales"' in text


def test_a_folder_with_blanks_can_be_pasted(clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("init", "a b", "--name", "sales")
    assert "cd 'a b'\n" in ran.out


@pytest.mark.parametrize("name", ["2026", "my lake", "-x", "übung", "a/b", "x" * 64])
def test_a_bad_name_is_refused(tmp_path: Path, clearwell: Callable[..., Ran], name: str) -> None:
    ran = clearwell("init", "lake", f"--name={name}")
    assert ran.code == 1
    assert f"{name!r} is not a valid project name" in ran.err
    assert "--name my_lake" in ran.err
    assert not (tmp_path / "lake").exists()


def test_missing_folders_above_are_made_with_it(tmp_path: Path, clearwell: Callable[..., Ran]) -> None:
    assert clearwell("init", "one/two/my_lake").code == 0
    assert contents(tmp_path / "one" / "two" / "my_lake") == project_files("my_lake")
    assert os.listdir(tmp_path) == ["one"]


def test_the_empty_folder_one_is_in_becomes_the_project(
    tmp_path: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = folder.stat().st_ino
    ran = clearwell("init", ".")
    assert ran.code == 0
    assert "cd " not in ran.out
    assert folder.stat().st_ino == before
    assert contents(folder) == project_files("mine")


def test_a_folder_that_is_not_empty_is_refused_and_says_what_is_in_it(
    tmp_path: Path, clearwell: Callable[..., Ran]
) -> None:
    (tmp_path / "mine").mkdir()
    for n in range(7):
        (tmp_path / "mine" / f"note{n}").touch()
    ran = clearwell("init", "mine")
    assert ran.code == 1
    assert (
        f"{tmp_path / 'mine'}: the folder is not empty: note0, note1, note2, note3, note4 and 2 more"
        in ran.err
    )
    assert "--force" in ran.err
    assert len(os.listdir(tmp_path / "mine")) == 7


def test_force_adds_what_is_missing_and_overwrites_nothing(
    tmp_path: Path, clearwell: Callable[..., Ran]
) -> None:
    (tmp_path / "mine" / "assets").mkdir(parents=True)
    mine = {"README.md": "mine\n", "assets/orders.py": "# mine\n", "assets/own.py": "# own\n"}
    for name, text in mine.items():
        (tmp_path / "mine" / name).write_text(text)
    ran = clearwell("init", "mine", "--force")
    assert ran.code == 0
    assert contents(tmp_path / "mine") == project_files("mine") | mine
    assert "kept      README.md, assets/orders.py\n" in ran.out
    again = clearwell("init", "mine", "--force")
    assert again.out.startswith("made      0 files")


def test_a_pyproject_that_was_kept_needs_two_lines_more(
    tmp_path: Path, clearwell: Callable[..., Ran]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    ran = clearwell("init", "mine", "--force")
    assert "pyproject.toml was kept and has no [tool.clearwell] section" in ran.out
    (tmp_path / "mine" / "pyproject.toml").write_text("[tool.clearwell]\n")
    assert "[tool.clearwell]" not in clearwell("init", "mine", "--force").out


@pytest.mark.parametrize("kind", ["file", "link to nowhere", "below a file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, clearwell: Callable[..., Ran], kind: str) -> None:
    target = tmp_path / "mine"
    if kind == "link to nowhere":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.write_text("a note")
    ran = clearwell("init", "mine/lake" if kind == "below a file" else "mine")
    assert ran.code == 1
    assert "it is not a folder" in ran.err
    assert os.listdir(tmp_path) == ["mine"]


@pytest.mark.parametrize("there", [False, True])
def test_a_disk_that_is_full_leaves_nothing(
    tmp_path: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    if there:
        (tmp_path / "mine").mkdir()
    real, count = Path.write_text, 0

    def write(self: Path, *args: str, **kwargs: str) -> int:
        nonlocal count
        count += 1
        if count > 7:
            raise OSError(28, "No space left on device", str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "write_text", write)
    ran = clearwell("init", "mine")
    assert ran.code == 1
    assert "No space left on device" in ran.err
    assert list(tmp_path.rglob("*")) == ([tmp_path / "mine"] if there else [])


def test_a_failure_takes_back_what_it_had_added(
    tmp_path: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("mine")
    (tmp_path / "mine" / "tests").write_text("a file where a folder should be")
    ran = clearwell("init", "mine", "--force")
    assert ran.code == 1
    assert "the project cannot be written: File exists" in ran.err
    assert sorted(os.listdir(tmp_path / "mine")) == ["README.md", "tests"]


def test_a_place_that_may_not_be_written_is_told(
    clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied", "/opt/.mine-1")

    monkeypatch.setattr(module.tempfile, "mkdtemp", refuse)
    ran = clearwell("init", "mine")
    assert ran.code == 1
    assert "the project cannot be written: Permission denied" in ran.err


def test_the_files_can_be_read_by_whoever_the_umask_lets(
    tmp_path: Path, clearwell: Callable[..., Ran]
) -> None:
    before = os.umask(0o022)
    try:
        clearwell("init", "mine")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "mine" / "README.md").stat().st_mode) == 0o644


def test_every_file_of_the_template_is_one_of_a_project() -> None:
    strays = [f for f in TEMPLATE.rglob("*") if f.is_file() and f.suffix != module.SUFFIX]
    assert strays == []


def test_a_lake_of_another_project_is_refused_and_can_be_adopted(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    (project / "pyproject.toml").write_text('[tool.clearwell]\nname = "birds"\n')
    assert clearwell("run", "bronze_birds").code == 0
    (project / "pyproject.toml").write_text('[tool.clearwell]\nname = "seabirds"\n')
    for command in (("run", "bronze_birds"), ("maintain",)):
        refused = clearwell(*command)
        assert refused.code == 1
        assert "this lake belongs to the project 'birds'" in refused.out + refused.err
        assert "clearwell init --adopt" in refused.out + refused.err
    assert clearwell("tables").code == 0  # anybody may look
    adopted = clearwell("init", "--adopt")
    assert "owner     seabirds; before: birds\n" in adopted.out
    assert clearwell("run", "bronze_birds").code == 0


def test_adopting_makes_no_files(project: Path, clearwell: Callable[..., Ran]) -> None:
    assert "creates no files" in clearwell("init", "--adopt", "--force").err
    assert "Missing argument 'DIR'" in clearwell("init").err


def test_the_lake_of_a_profile_is_adopted(project: Path, clearwell: Callable[..., Ran]) -> None:
    profile = '[tool.clearwell.profiles.trial]\nlake = "trial"\n'
    for name in ("birds", "seabirds"):
        (project / "pyproject.toml").write_text(f'[tool.clearwell]\nname = "{name}"\n{profile}')
        assert clearwell("run", "bronze_birds", "--profile", "trial").code == (name == "seabirds")
    assert "before: birds" in clearwell("init", "--adopt", "--profile", "trial").out
    assert clearwell("run", "bronze_birds", "--profile", "trial").code == 0
    assert not (project / "lake").exists()
    assert "is for --adopt alone" in clearwell("init", "new", "--profile", "trial").err


def test_no_command_that_writes_changes_the_lake_of_another_project(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    assert clearwell("run", "bronze_birds").code == 0
    commit = max((project / "lake" / "bronze" / "birds" / "_delta_log").glob("*.json"))
    commit.write_text("{")
    (project / "pyproject.toml").write_text('[tool.clearwell]\nname = "seabirds"\n')
    for command in (("run",), ("maintain",), ("upgrade",), ("repair", "bronze_birds", "--yes")):
        refused = clearwell(*command)
        assert refused.code == 1
        assert "this lake belongs to the project" in refused.out + refused.err, command
    assert commit.read_text() == "{"
