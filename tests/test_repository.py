"""What holds of the files themselves: that they can be built, shared, and read by the next person."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "clearwell").rglob("*.py"))
LONGEST_MODULE = 300
MOST_MODULES, DEEPEST_FOLDER = 15, 3
TARGETS = [
    "demo",
    "test",
    "test-all",
    "check",
    "ui",
    "s3",
    "cluster",
    "bench",
    "docs",
    "coverage",
    "mutants",
    "clean",
]
PINNED = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?: ; [^\\\n]+?)?"
    r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
)


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def files_of_the_repository() -> list[Path]:
    """Tracked files, and new ones that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [file for name in said.stdout.split("\0") if name and (file := ROOT / name).is_file()]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_what_it_does_and_stays_readable(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.count("\n") <= LONGEST_MODULE


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    folders = Counter(Path(module).parent for module in MODULES if not module.endswith("/__init__.py"))
    assert {folder: count for folder, count in folders.items() if count > MOST_MODULES} == {}
    assert [folder for folder in folders if len(folder.parts) - 1 > DEEPEST_FOLDER] == []


def test_pytest_passes_over_no_folder_that_has_tests(pytestconfig: pytest.Config) -> None:
    patterns: list[str] = pytestconfig.getini("norecursedirs")
    folders = {file.parent.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py")}
    passed_over = [
        folder.as_posix()
        for folder in folders
        if any(fnmatch(part, pattern) for part in folder.parts for pattern in patterns)
    ]
    assert passed_over == []


def test_no_file_names_a_path_of_this_machine() -> None:
    places = [f"{place}/".encode() for place in (Path.home(), ROOT)]
    places = [place for place in places if place.count(b"/") > 2]  # `/src/` could stand in any text
    found = [
        file.relative_to(ROOT).as_posix()
        for file in files_of_the_repository()
        if any(place in file.read_bytes() for place in places)
    ]
    assert found == []


def test_the_lock_pins_every_package_by_version_and_hash_and_names_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text()
    lines = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    assert PINNED.sub("", lines) == ""
    assert "/" not in text


def test_no_build_file_names_an_address() -> None:
    for name in ("Makefile", ".ci/run", "pyproject.toml"):
        text = (ROOT / name).read_text()
        assert "://" not in text.replace('"s3://lake/', ""), name  # the profiles' buckets are data


def test_the_lock_has_what_every_extra_needs() -> None:
    locked: dict[str, set[str]] = {}
    for found in PINNED.finditer((ROOT / "constraints.txt").read_text()):
        locked.setdefault(canonicalize_name(found["name"]), set()).add(found["version"])
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = about["project"]["optional-dependencies"]
    wanted = [
        *about["project"]["dependencies"],
        *extras["pipelines"],
        *extras["production"],
        *extras["dev"],
        *about["build-system"]["requires"],
    ]
    for requirement in map(Requirement, wanted):
        if requirement.name != "clearwell":
            versions = locked.get(canonicalize_name(requirement.name), set())
            assert versions, f"{requirement} is not in the lock: run `make lock`"
            assert all(requirement.specifier.contains(v) for v in versions), (
                f"{requirement}, but locked {versions}"
            )


def test_the_wheel_ships_the_framework_alone_with_its_licence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = next(name for name in names if name.endswith("entry_points.txt"))
        declared = archive.read(entry_points).decode()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"clearwell", next(top for top in tops if top.endswith(".dist-info"))}
    assert "clearwell/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "clearwell = clearwell.cli:main" in declared
    assert "clearwell = clearwell.components" in declared


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert project()["license"] == "Apache-2.0"


def test_make_lists_what_it_can_do() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True, env=_without_make())
    assert [line.split()[1] for line in said.stdout.splitlines()][: len(TARGETS)] == TARGETS


def test_continuous_integration_runs_what_people_run_and_skips_nothing() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert re.findall(r"^make .*", text, re.MULTILINE) == ["make check", "make test-all"]
    assert re.findall(r"^export .*", text, re.MULTILINE) == ["export CLEARWELL_CI=1"]
    assert "set -euo pipefail" in text
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def _without_make() -> dict[str, str]:
    """The environment, less what an outer make tells an inner one."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
