"""The first five minutes of a stranger: `clearwell init` from the built wheel, outside of the repository."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearwell.cli.init import project_files

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.full]

ROOT = Path(__file__).parents[2]

DEFS, SUITE, PRICES = (
    "pipelines/orders/defs.yaml",
    "expectations/silver_orders.yaml",
    "pipelines/storage_cost/prices.yaml",
)
CODE = "assets/orders.py"

# Of each: the file, what is right, what is written, and what the message says.
UNSEEN_UNTIL_A_RUN = [
    (CODE, 'F.to_date("ordered_at")', 'F.to_date("orderd_at")', "did you mean 'ordered_at'?"),
    (DEFS, "label: is_slow", "label: is_slo", "did you mean 'is_slow'?"),
]
SEEN_BY_CHECK = {
    "keys": [
        (DEFS, "nulls:", "nuls:", "did you mean 'nulls'?"),
        (DEFS, "assets.orders:w", "asets.orders:w", "did you mean 'assets.orders'?"),
        (PRICES, "as_of:", "asof:", "did you mean 'as_of'?"),
    ],
    "names": [
        (DEFS, "orders:clean", "orders:cleen", "did you mean 'clean'?"),
        (DEFS, "[silver_orders]", "[silver_order]", "did you mean 'silver_orders'?"),
        (SUITE, "max_value: 20", "maxvalue: 20", "did you mean 'max_value'?"),
    ],
    "code": [
        (CODE, "import DataFrame\n", "import DataFram\n", "cannot import name 'DataFram'"),
        (SUITE, "values_to_be_unique", "values_to_be_uniqe", "'expect_column_values_to_be_unique'?"),
    ],
    "columns": [(SUITE, "{column: drink,", "{column: drnk,", "did you mean 'drink'?")],
}


@dataclass(frozen=True)
class Installed:
    """A folder outside of the repository, and Clearwell as the wheel has it."""

    folder: Path
    package: Path

    def run(self, *command: str, code: int = 0, cwd: Path | None = None) -> str:
        """What a command says, on both its streams; it must end with ``code``."""
        environment = {**os.environ, "PYTHONPATH": str(self.package), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, *command],
            cwd=cwd or self.folder / "my_lake",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def clearwell(self, *arguments: str, code: int = 0, cwd: Path | None = None) -> str:
        return self.run("-m", "clearwell.cli", *arguments, code=code, cwd=cwd)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The new project after its first run."""
    folder = tmp_path_factory.mktemp("stranger")
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--target",
        "wheel",
        "--directory",
        str(folder / "dist"),
    ]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "package")
    # As pip does: without byte-code each command would compile the package anew, because none writes it.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder / "package")], check=True)
    installed = Installed(folder, folder / "package")
    where = installed.run("-c", "import clearwell; print(clearwell.__file__)", cwd=folder)
    assert where.startswith(str(folder))
    (folder / "said.txt").write_text(installed.clearwell("init", "my_lake", cwd=folder))
    (folder / "ran.txt").write_text(installed.clearwell("run"))
    return installed


@pytest.fixture
def planted(installed: Installed) -> Iterator[Path]:
    """The project, whose own files are as they were when the test is over."""
    root = installed.folder / "my_lake"
    yield root
    for name, text in project_files("my_lake").items():
        (root / name).write_text(text)


def test_the_wheel_has_the_whole_project(installed: Installed) -> None:
    root = installed.folder / "my_lake"
    files = project_files("my_lake")
    assert {name: (root / name).read_text() for name in files} == files
    assert "24 files" in (installed.folder / "said.txt").read_text()


def test_a_new_project_is_sound(installed: Installed) -> None:
    assert "no problem found" in installed.clearwell("check")


def test_a_first_run_makes_everything_and_says_what_was_kept_out(installed: Installed) -> None:
    said = (installed.folder / "ran.txt").read_text()
    for name in ("bronze_orders", "silver_orders", "gold_waits", "slow_orders v1", "storage_cost"):
        assert name in said
    assert "'two' is not an int" in installed.clearwell("quarantine", "bronze_orders")
    rejected = installed.clearwell("quarantine", "silver_orders")
    assert rejected.count("wait_plausible") == 2
    assert rejected.count("drink_on_the_menu") == 1


def test_a_second_run_finds_nothing_new(installed: Installed) -> None:
    said = installed.clearwell("run")
    assert said.startswith("unchanged 3 tables, 1 release (--verbose: names)\n")
    assert len(said.splitlines()) <= 10
    assert installed.clearwell("run", "--verbose").count("unchanged") == 4


def test_what_its_readme_tells_to_type_works(installed: Installed) -> None:
    readme = (installed.folder / "my_lake" / "README.md").read_text()
    ((commands, code),) = re.findall(r"```bash\n(.*?)```.*```python\n(.*?)```", readme, re.DOTALL)
    typed = [shlex.split(line, comments=True) for line in commands.splitlines()]
    assert {words[0] for words in typed} == {"clearwell", "pytest"}
    elsewhere = (["clearwell", "run"], ["clearwell", "check"], ["clearwell", "ui"], ["pytest"])
    others = [words[1:] for words in typed if words not in elsewhere]
    assert len(others) == len(typed) - len(elsewhere)
    for arguments in others:
        assert installed.clearwell(*arguments).strip()
    assert installed.run("-c", f"{code}\nprint(len(train))").strip() == "76"


def test_its_own_tests_pass(installed: Installed) -> None:
    assert "5 passed" in installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_a_test_that_fails_shows_the_rows_that_differ(installed: Installed, planted: Path) -> None:
    code = planted / "assets" / "orders.py"
    code.write_text(
        code.read_text().replace('F.trim(F.regexp_replace("drink", r"\\s+", " "))', 'F.col("drink")')
    )
    said = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "spelling", code=1)
    shown = [line.removeprefix("E").strip() for line in said.splitlines() if line.startswith("E ")]
    assert "- 1         'latte'" in shown
    assert "+ 1         'latte '" in shown
    assert "clearwell/testing" not in said


@pytest.mark.parametrize("group", list(SEEN_BY_CHECK))
def test_a_planted_typo_is_pointed_at_with_its_line(installed: Installed, planted: Path, group: str) -> None:
    places = [plant(planted, *typo[:3]) for typo in SEEN_BY_CHECK[group]]
    said = installed.clearwell("check", code=1)
    for place, (*_, hint) in zip(places, SEEN_BY_CHECK[group], strict=True):
        assert f"{place}: " in said
        assert hint in said
    assert f"{len(places)} problem" in said.splitlines()[-1]


@pytest.mark.parametrize(("file", "old", "new", "hint"), UNSEEN_UNTIL_A_RUN)
def test_a_column_that_is_not_there_is_pointed_at_by_the_run(
    installed: Installed, planted: Path, *, file: str, old: str, new: str, hint: str
) -> None:
    place = plant(planted, file, old, new)
    assert "no problem found" in installed.clearwell("check")
    said = installed.clearwell("run", code=1)
    assert f"{place}: " in said
    assert hint in said
    assert "Traceback" not in said


def plant(root: Path, file: str, old: str, new: str) -> str:
    """Write a typo; the place that a message about it must have."""
    text = (root / file).read_text()
    line = 1 + text[: text.index(old)].count("\n")
    (root / file).write_text(text.replace(old, new, 1))
    return f"{file}:{line}"


def test_a_file_more_is_taken_and_an_order_that_comes_again_replaces_itself(installed: Installed) -> None:
    root = installed.folder / "my_lake"
    first = (root / "raw/orders/2026-03-04.csv").read_text().splitlines()
    again = first[5].rsplit(",", 1)[0] + ",600"
    copy = installed.folder / "copy"
    shutil.copytree(root, copy)
    (copy / "raw/orders/2026-03-05.csv").write_text(f"{first[0]}\n{again}\n")
    os.utime(copy / "raw/orders/2026-03-05.csv", (1, 1))
    said = installed.clearwell("run", cwd=copy)
    rows = {line.split()[0]: line.split()[2] for line in said.splitlines() if " built " in line}
    assert rows == {"bronze_orders": "120", "silver_orders": "116", "gold_waits": "113"}
    assert "slow_orders v2" in said


def test_dagsters_own_tool_takes_the_project(installed: Installed) -> None:
    assert "All definitions loaded successfully" in installed.run("-m", "dagster_dg_cli.cli", "check", "defs")
    listed = installed.run("-m", "dagster_dg_cli.cli", "list", "defs")
    for name in ("bronze_orders", "silver_orders", "gold_waits", "slow_orders", "storage_cost"):
        assert name in listed


@pytest.mark.parametrize(
    "arguments",
    [
        *(["check"], ["run"], ["ui"], ["tables"], ["show", "x"], ["quarantine", "x"], ["preview", "x"]),
        *(["releases"], ["report"], ["maintain"], ["doctor"], ["schema", "--write"]),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_no_project_is_told_with_the_way_to_one(
    installed: Installed, tmp_path: Path, arguments: list[str]
) -> None:
    said = installed.clearwell(*arguments, code=1, cwd=tmp_path)
    hint = "go to a folder whose pyproject.toml has a [tool.clearwell] section, or create a project:"
    assert said == f"error: {tmp_path} is not in a Clearwell project\n  next: {hint} clearwell init DIR\n"
