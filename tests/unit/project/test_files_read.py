"""The files that a transform reads are found without running it, and are a part of its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.project.code_hash import transform_fingerprint
from clearwell.project.files_read import digest_of
from tests.unit.project.test_code_hash import write

if TYPE_CHECKING:
    from pathlib import Path


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
