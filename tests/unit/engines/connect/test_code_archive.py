"""What workers get: all that the project and Clearwell import by name, the same bytes for the same files."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from clearwell.engines.connect import code_archive
from clearwell.engines.connect.code_archive import CodeArchive
from clearwell.errors import EngineError

ROOT = Path(__file__).parents[4]


@pytest.fixture
def project(tmp_path):
    files = {
        "assets/__init__.py": "",
        "assets/words.py": "from assets.parts.more import LOUD\ndef shout(x): return x.upper() + LOUD\n",
        "assets/parts/more.py": "LOUD = '!'\n",
        "single.py": "ONE = 1\n",
        "assets/notes.md": "no code",
        "assets/not-a-module.py": "x = 1",
        "assets/__pycache__/words.py": "x = 1",
        ".hidden/secret.py": "x = 1",
        "environment/pyvenv.cfg": "",
        "environment/lib/thing.py": "x = 1",
        "lake/bronze/code.py": "x = 1",
        "clearwell/errors.py": "raise SystemExit('a file of the project hides the framework')",
    }
    for name, text in files.items():
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "project"


def names(packed: Path) -> set[str]:
    with zipfile.ZipFile(packed) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_it_has_the_modules_of_the_project_and_of_clearwell_and_nothing_else(project, tmp_path):
    sent = names(CodeArchive(project, (project / "lake",)).pack(tmp_path))
    own = {name for name in sent if not name.startswith("clearwell/")}
    assert own == {"assets/__init__.py", "assets/words.py", "assets/parts/more.py", "single.py"}
    ours = {f"clearwell/{file.relative_to(ROOT / 'clearwell').as_posix()}" for file in python_of_clearwell()}
    assert sent - own == ours


def python_of_clearwell() -> list[Path]:
    return [file for file in (ROOT / "clearwell").rglob("*.py") if "__pycache__" not in file.parts]


def test_a_python_that_has_neither_imports_both_from_it(project, tmp_path):
    packed = CodeArchive(project, (project / "lake",)).pack(tmp_path)
    program = "import clearwell.names, assets.words; print(clearwell.__file__, assets.words.shout('a'))"
    # -S: no site-packages, so neither the checkout nor any package is there.
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(packed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == [str(packed / "clearwell" / "__init__.py"), "A!"]


def test_the_same_files_are_the_same_bytes_wherever_and_whenever(project, tmp_path):
    first = CodeArchive(project).pack(tmp_path)
    before = first.read_bytes()
    os.utime(project / "single.py", (1_000_000_000, 1_000_000_000))
    (project / "assets" / "words.py").chmod(0o600)
    moved = project.rename(tmp_path / "elsewhere")
    (tmp_path / "again").mkdir()
    second = CodeArchive(moved).pack(tmp_path / "again")
    assert second.name == first.name
    assert second.read_bytes() == before


def test_edited_code_has_another_name(project, tmp_path):
    first = CodeArchive(project).pack(tmp_path)
    (project / "single.py").write_text("ONE = 2\n")
    assert CodeArchive(project).pack(tmp_path).name != first.name


def test_more_python_than_can_be_sent_is_refused_by_its_size(project, tmp_path, monkeypatch):
    monkeypatch.setattr(code_archive, "_LARGEST", 4 << 20)
    (project / "data.py").write_bytes(b"x" * (5 << 20))
    with pytest.raises(EngineError, match="too large to send to a cluster") as caught:
        CodeArchive(project).pack(tmp_path)
    assert caught.value.place == str(project)
    assert not list(tmp_path.glob("*.zip"))
