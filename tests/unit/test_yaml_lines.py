"""What a YAML file's reader promises: plain values, a line for each of them, and one clear error."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from clearwell import yaml_lines
from clearwell.errors import ProjectError
from clearwell.yaml_lines import read_yaml, shown

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# a comment
type: Table
attributes:
  name: flights
  columns:
    day: date
  owners:
    - one
    - two
---
type: Other
"""


def write(folder: Path, text: str | bytes, name: str = "a.yaml") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_every_part_knows_its_line(tmp_path: Path) -> None:
    first, second = read_yaml(write(tmp_path, TEXT))
    assert first.value["attributes"]["owners"] == ["one", "two"]
    assert first.line() == 2
    assert first.line("attributes") == 3
    assert first.line("attributes", "columns", "day") == 6
    assert first.line("attributes", "owners", 1) == 9
    assert second.line("type") == 11


def test_a_part_that_is_not_written_has_the_place_of_its_parent(tmp_path: Path) -> None:
    first, _ = read_yaml(write(tmp_path, TEXT))
    assert first.line("attributes", "columns", "month", "week") == 5
    assert first.line("attributes", "owners", 7) == 7
    assert first.line("nothing") == 2


def test_a_place_is_a_path_from_the_working_directory_when_the_file_is_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "pipelines"
    inner.mkdir()
    file = write(inner, TEXT)
    assert read_yaml(file)[0].place("attributes", "name") == f"{file}:4"
    monkeypatch.chdir(tmp_path)
    assert read_yaml(file)[0].place("attributes", "name") == "pipelines/a.yaml:4"
    assert shown(tmp_path.parent / "b.yaml") == str(tmp_path.parent / "b.yaml")


def test_an_empty_file_has_no_document(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "# nothing\n")) == []


def test_an_empty_document_is_none(tmp_path: Path) -> None:
    assert [d.value for d in read_yaml(write(tmp_path, "a: 1\n---\n---\nb: 2\n"))] == [
        {"a": 1},
        None,
        {"b": 2},
    ]


def test_a_merged_key_is_found_where_it_is_overridden(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 2}\nchild:\n  <<: *base\n  b: 3\n"
    (document,) = read_yaml(write(tmp_path, text))
    assert document.value["child"] == {"a": 1, "b": 3}
    assert document.line("child", "b") == 4
    assert document.line("child", "a") == 1


@pytest.mark.parametrize(
    ("text", "line", "fact"),
    [
        pytest.param("a: 1\nb: [1, 2\n", 3, "not well-formed", id="an open bracket"),
        pytest.param("a: 1\nb:\n\t- 1\n", 3, "not well-formed", id="a tab"),
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "'a' is given twice", id="a key twice"),
        pytest.param("x:\n  - {a: 1, a: 1}\n", 2, "'a' is given twice", id="a key twice on one line"),
        pytest.param("a: 1\n---\nday: 2013-02-30\n", 3, "not well-formed", id="no such date"),
        pytest.param("a: !!python/name:os.system\n", 1, "not well-formed", id="a tag that makes an object"),
        pytest.param("a: 1\nb: &b [*b]\n", 2, "contains itself", id="a circle"),
        pytest.param("a: *b\n", 1, "not well-formed", id="no such anchor"),
        pytest.param("a: 1\n? [x]\n: 2\n", 2, "not well-formed", id="a list as key"),
        pytest.param(b"a: 1\nb: caf\xe9\n", 2, "not UTF-8", id="latin-1"),
        pytest.param("a: 1\nb: x\x00\n", 2, r"'\\x00' is not allowed", id="a control character"),
    ],
)
def test_what_cannot_be_taken_is_an_error_with_its_line(
    tmp_path: Path, text: str | bytes, line: int, fact: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ProjectError, match=fact) as caught:
        read_yaml(file)
    assert caught.value.place == f"{file}:{line}"


def test_a_missing_file_is_named_with_its_nearest_neighbour(tmp_path: Path) -> None:
    write(tmp_path, "", name="silver_flights.yaml")
    with pytest.raises(ProjectError, match="no such file") as caught:
        read_yaml(tmp_path / "silver_flight.yaml")
    assert caught.value.hint == "did you mean 'silver_flights.yaml'?"


def test_a_folder_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read"):
        read_yaml(tmp_path)


@pytest.mark.parametrize("use", ["[{}]", "{{<<: [{}]}}"])
def test_aliases_that_stand_for_far_more_than_is_written_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    monkeypatch.setattr(yaml_lines, "_MOST_ADDED", 40)
    lines = ["one: &one {a: x}", f"two: &two {use.format('*one, *one')}"]
    file = write(tmp_path, "\n".join([*lines, f"three: {use.format('*two, *two')}"]))
    (document,) = read_yaml(file)
    assert document.line("three") == 3
    write(tmp_path, "\n".join([*lines, f"three: {use.format(', '.join(['*two'] * 6))}"]))
    with pytest.raises(ProjectError, match=r"the aliases of this document stand for \d+ parts") as caught:
        read_yaml(file)
    assert caught.value.place == f"{file}:1"


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.dates()
    | st.text(st.characters(codec="utf-8", categories=["L", "N"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcxyz", min_size=1), inner),
)


@given(value=plain)
def test_values_are_those_of_safe_yaml(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    text = yaml.safe_dump(value)
    file = write(tmp_path_factory.mktemp("yaml"), text)
    (document,) = read_yaml(file)
    assert document.value == yaml.safe_load(text) == value
    assert document.line() >= 1


def test_a_date_is_a_date(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "day: 2013-10-31\n"))[0].value == {"day": date(2013, 10, 31)}
