"""A transform's code is hashed with all that it imports, and without being run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.project import code_hash
from clearwell.project.code_hash import line_that_says, transform_fingerprint

if TYPE_CHECKING:
    from pathlib import Path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_the_fingerprint_covers_what_the_module_imports_and_what_that_imports(root: Path) -> None:
    write(root / "steps/__init__.py", "")
    write(root / "steps/flights.py", "def clean(flights):\n    from . import helper\n    return helper.x\n")
    write(root / "steps/helper.py", "from lib.deep import x\n")
    write(root / "lib/deep.py", "x = 1\n")
    write(root / "lib/unused.py", "y = 1\n")
    seen = {transform_fingerprint("steps.flights:clean", root)}
    for file in ("steps/flights.py", "steps/__init__.py", "steps/helper.py", "lib/deep.py"):
        with (root / file).open("a") as code:
            code.write("z = 2\n")
        seen.add(transform_fingerprint("steps.flights:clean", root))
    assert len(seen) == 5
    (root / "lib/unused.py").write_text("y = 2\n")
    assert transform_fingerprint("steps.flights:clean", root) in seen


def test_the_fingerprint_covers_modules_of_other_folders_on_the_path(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``src`` and other folders of the root, and what PYTHONPATH names below it."""
    monkeypatch.setattr(code_hash, "_PATH", [root / "deep" / "down", root / "venv" / "site-packages"])
    write(root / "steps.py", "import lib.part\nimport far\nimport json\nimport other\n\ndef f(): pass\n")
    write(root / "src/lib/part.py", "from . import more\n")
    files = ["src/lib/part.py", "src/lib/more.py", "deep/down/far.py"]
    without = ["src/json.py", "venv/site-packages/other.py", ".hidden/other.py"]
    for file in (*files[1:], *without):
        write(root / file, "N = 1\n")
    before = transform_fingerprint("steps:f", root)
    for file in files:
        write(root / file, f"{(root / file).read_text()}M = 2\n")
        assert transform_fingerprint("steps:f", root) != before
        before = transform_fingerprint("steps:f", root)
    for file in without:
        write(root / file, "N = 2\n")
    assert transform_fingerprint("steps:f", root) == before


def test_the_fingerprint_is_of_one_function_and_of_no_place(root: Path) -> None:
    for folder in ("here", "there"):
        write(root / folder / "steps/flights.py", "def a(x): ...\ndef b(x): ...\n")
    a, b = (transform_fingerprint(f"steps.flights:{name}", root / "here") for name in "ab")
    assert a != b
    assert a == transform_fingerprint("steps.flights:a", root / "there")


def test_the_fingerprint_runs_no_code_and_does_not_follow_installed_packages(root: Path) -> None:
    write(
        root / "steps/flights.py",
        "import pytest\nimport clearwell.errors\nraise SystemExit\ndef clean(x): ...\n",
    )
    assert len(transform_fingerprint("steps.flights:clean", root)) == 64


def test_modules_that_import_each_other_have_a_fingerprint(root: Path) -> None:
    write(root / "a.py", "import b\ndef clean(x): ...\n")
    write(root / "b.py", "import a\n")
    assert transform_fingerprint("a:clean", root)


def test_a_syntax_error_deep_in_what_is_imported_has_its_own_place(root: Path) -> None:
    write(root / "steps/flights.py", "from steps.helper import x\n\ndef clean(flights): ...\n")
    write(root / "steps/helper.py", "x = 1\ny = = 2\n")
    with pytest.raises(ProjectError) as raised:
        transform_fingerprint("steps.flights:clean", root, place="pipelines/defs.yaml:6")
    assert raised.value.place == "steps/helper.py:2"


def test_the_line_that_names_a_column_is_found_in_the_function_first(root: Path) -> None:
    code = (
        "import steps.helper\n"
        "def other(x):\n    return x.select('delay')\n"
        'def clean(x):\n    """Rows with a delay."""\n    return x.where(\'delay > 3\').select(x.origin)\n'
    )
    write(root / "steps/flights.py", code)
    write(root / "steps/helper.py", "COLUMNS = ['carrier',\n 'flight']\n")
    ref = "steps.flights:clean"
    assert line_that_says("delay", ref, root) == "steps/flights.py:6"
    assert line_that_says("origin", ref, root) == "steps/flights.py:6"
    assert line_that_says("flight", ref, root) == "steps/helper.py:2"
    assert line_that_says("dela", ref, root) is None
    assert line_that_says("Rows", ref, root) is None
