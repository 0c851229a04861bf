"""A transform's code is hashed with all that it imports, and without being run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.project.code_hash import line_that_says, transform_fingerprint
from clearwell.project.files_read import digest_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


@pytest.mark.parametrize(
    "code",
    [
        "from pathlib import Path\ndef clean(x): return Path('steps/sql/q.sql').read_text()\n",
        "from pathlib import Path\ndef clean(x): return Path(__file__).parent / 'sql' / 'q.sql'\n",
        "from os.path import join\ndef clean(x): return open(join('steps', 'sql', 'q.sql')).read()\n",
        "from steps.helper import query\ndef clean(x): return query()\n",
    ],
)
def test_a_file_that_a_string_of_the_code_names_is_code(root: Path, code: str) -> None:
    write(root / "steps/flights.py", code)
    write(root / "steps/helper.py", "def query(): return open('steps/sql/q.sql').read()\n")
    write(root / "steps/sql/q.sql", "SELECT 1")
    write(root / "steps/sql/other.sql", "SELECT 1")
    before = transform_fingerprint("steps.flights:clean", root)
    write(root / "steps/sql/other.sql", "SELECT 2")
    assert transform_fingerprint("steps.flights:clean", root) == before
    write(root / "steps/sql/q.sql", "SELECT 2")
    assert transform_fingerprint("steps.flights:clean", root) != before


def test_what_is_no_file_of_the_project_is_no_code(root: Path) -> None:
    project = root / "project"
    code = (
        f'"""steps/said.txt"""\ndef clean(x): return x["steps"], "", "/", "a\\0b", "../o", "{root}/o", "l"\n'
    )
    write(project / "steps/flights.py", code)
    write(project / "steps/said.txt", "1")
    write(root / "o", "1")
    (project / "l").symlink_to(root / "o")
    before = transform_fingerprint("steps.flights:clean", project)
    write(root / "o", "2")
    write(project / "steps/said.txt", "2")
    assert transform_fingerprint("steps.flights:clean", project) == before


def test_files_that_reads_names_are_code_and_a_new_one_is_an_edit(root: Path) -> None:
    write(root / "steps/flights.py", "def clean(x): ...\n")
    write(root / "sql/a.sql", "1")
    seen = set()
    for file, text in (("sql/a.sql", "1"), ("sql/a.sql", "2"), ("sql/deep/b.sql", "1"), ("sql/c.txt", "1")):
        write(root / file, text)
        seen.add(transform_fingerprint("steps.flights:clean", root, reads=("sql/**/*.sql",)))
    assert len(seen) == 3
    with pytest.raises(ProjectError, match=r"names 'sqll/\*', and no file matches") as raised:
        transform_fingerprint("steps.flights:clean", root, reads=("sqll/*",), reads_place="defs.yaml:9")
    assert raised.value.place == "defs.yaml:9"


def test_a_file_that_cannot_be_read_is_told_with_its_path(root: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read: No such file") as raised:
        digest_of(root / "gone.sql")
    assert raised.value.place == "gone.sql"


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
