"""A release holds what a commit holds, of a version that the changelog knows; else the next step is said.

It is tried on a small project that is laid out as this one. Beside it: the forms for reports and proposals.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

import release

ROOT = Path(__file__).parent.parent
CHANGELOG = """# Changelog

## Unreleased

## 1.2.0 - 2026-01-31

- Something new.

## 1.1.0 - 2025-12-01
"""
PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "clearwell"
dynamic = ["version"]
description = "A stand-in."
readme = "README.md"
license = "Apache-2.0"
license-files = ["LICENSE"]
requires-python = ">=3.11"

[project.scripts]
clearwell = "clearwell:main"

[tool.hatch.version]
path = "clearwell/__init__.py"
"""


def git(project: Path, *arguments: str) -> None:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True)


def commit(project: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (project / name).write_text(text)
    git(project, "add", ".")
    git(project, "commit", "--message", "change")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of which everything is committed, and whose version the changelog knows."""
    root = tmp_path / "project"
    (root / "clearwell").mkdir(parents=True)
    git(root.parent, "init", "--quiet", str(root))
    commit(
        root,
        {
            "CHANGELOG.md": CHANGELOG,
            "LICENSE": "Free.\n",
            "README.md": "# Clearwell\n",
            "clearwell/__init__.py": '__version__ = "1.2.0"\n',
            "clearwell/py.typed": "",
            "pyproject.toml": PYPROJECT,
            ".gitignore": "/dist/\n__pycache__/\nsecret.txt\n",
        },
    )
    return root


def refused(project: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a release that is not made; nothing is left behind."""
    assert release.main(project) == 1
    assert not (project / "dist").exists()
    said = capsys.readouterr().err
    assert re.fullmatch(r"error: .+\n  next: .+\n", said, re.DOTALL)
    return said


def test_a_release_holds_what_the_commit_holds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "secret.txt").write_text("ignored, so neither refused nor shipped")
    assert release.main(project) == 0
    wheel, archive = (project / "dist" / f"clearwell-1.2.0{end}" for end in ("-py3-none-any.whl", ".tar.gz"))
    with zipfile.ZipFile(wheel) as opened:
        assert {"clearwell/__init__.py", "clearwell/py.typed"} <= set(opened.namelist())
        assert not any("CHANGELOG" in name for name in opened.namelist())
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"CHANGELOG.md", "LICENSE", "PKG-INFO", "clearwell/py.typed"} <= names
    assert "secret.txt" not in names
    said = capsys.readouterr().out
    assert f"dist/{wheel.name}" in said
    assert "nothing is uploaded" in said
    assert "git tag" in said


def test_what_is_not_committed_is_not_released(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "clearwell" / "new.py").touch()
    (project / "README.md").write_text("# Changed\n")
    said = refused(project, capsys)
    assert "README.md" in said
    assert "clearwell/new.py" in said
    assert "next: commit" in said


@pytest.mark.parametrize(
    ("changelog", "fact", "step"),
    [
        (
            "# Changelog\n\n## Unreleased\n\n- News.\n",
            "has no section for 1.2.0",
            "put the heading '## 1.2.0 - 20",
        ),
        (CHANGELOG.replace(" - 2026-01-31", ""), "has no date", "write its heading as '## 1.2.0 - 20"),
        (CHANGELOG.replace("01-31", "02-31"), "has no date", "write its heading"),
        (CHANGELOG.replace("- Something new.\n", ""), "is empty", "what has changed"),
        (CHANGELOG.replace("1.2.0", "1.2.01"), "has no section for 1.2.0", "set another __version__"),
    ],
)
def test_a_version_without_its_section_is_not_released(
    project: Path, capsys: pytest.CaptureFixture[str], changelog: str, fact: str, step: str
) -> None:
    commit(project, {"CHANGELOG.md": changelog})
    said = refused(project, capsys)
    assert fact in said
    assert step in said


def test_a_project_without_a_changelog_is_not_released(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(project, "rm", "CHANGELOG.md")
    git(project, "commit", "--message", "gone")
    assert "there is no CHANGELOG.md" in refused(project, capsys)


@pytest.mark.parametrize("version", ["1.2", "soon", "1.2.0-beta", "1.2.0+mine"])
def test_only_plain_versions_are_released(
    project: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    commit(project, {"clearwell/__init__.py": f'__version__ = "{version}"\n'})
    said = refused(project, capsys)
    assert version in said
    assert "__version__" in said


def test_the_version_of_another_commit_is_not_released_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(project, "tag", "--annotate", "--message", "out", "v1.2.0")
    commit(project, {"README.md": "# Later\n"})
    assert "v1.2.0 is the tag of another commit" in refused(project, capsys)


def test_metadata_that_an_index_would_refuse_is_refused_here(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(project, {"pyproject.toml": PYPROJECT.replace('readme = "README.md"\n', "")})
    assert "lacks readme" in refused(project, capsys)


def test_a_file_that_the_build_leaves_out_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left_out = '\n[tool.hatch.build]\nexclude = ["py.typed"]\n'
    commit(project, {"pyproject.toml": PYPROJECT + left_out})
    assert "lacks clearwell/py.typed" in refused(project, capsys)


def test_a_package_that_does_not_import_is_not_released(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(project, {"clearwell/__init__.py": 'import nothing_of_that_name\n__version__ = "1.2.0"\n'})
    said = refused(project, capsys)
    assert "does not import" in said
    assert "nothing_of_that_name" in said


def test_outside_of_a_repository_nothing_is_released(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "clearwell").mkdir()
    (tmp_path / "clearwell" / "__init__.py").write_text('__version__ = "1.2.0"\n')
    assert "in a clone of the repository" in refused(tmp_path, capsys)


def test_the_changelog_of_this_project_says_what_is_new_and_what_stands_on_disk() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", heading) for heading in headings[1:])
    assert "### The lake's format" in text


@pytest.mark.parametrize("form", ["bug", "feature"])
def test_a_form_asks_what_it_needs(form: str) -> None:
    found = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text())
    assert found["name"]
    assert found["description"]
    fields = [part for part in found["body"] if part["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)


def test_a_report_brings_what_the_doctor_says_and_no_secret() -> None:
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text()
    assert "clearwell doctor --json" in text
    assert "Leave secrets" in text
    assert "SECURITY.md" in text
