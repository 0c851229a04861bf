"""Spark's classes are kept once for a Java and its jars, by one process at a time, and never in the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearwell.engines.spark.cds_archive import ClassArchive
from clearwell.engines.spark.engine import SparkEngine
from clearwell.engines.spark.java import find_java
from clearwell.settings import cache_folder

if TYPE_CHECKING:
    from clearwell.engines.spark.java import Java


@pytest.fixture
def java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Java:
    found = find_java()
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "cache"))
    return found


def test_the_first_makes_it_and_the_next_start_from_it(java: Java, tmp_path: Path) -> None:
    first = ClassArchive(java, [])
    assert any("ArchiveClassesAtExit" in option for option in first.options(str(tmp_path)))
    assert first.is_made_now
    (tmp_path / "classes.jsa").write_bytes(b"as Java has left it")
    first.keep()
    second = ClassArchive(java, [])
    assert any("SharedArchiveFile" in option for option in second.options(str(tmp_path)))
    assert not second.is_made_now
    assert ClassArchive(java, [Path(__file__)]).options(str(tmp_path)) != second.options(str(tmp_path))


def test_two_at_once_make_one(java: Java, tmp_path: Path) -> None:
    first, second = ClassArchive(java, []), ClassArchive(java, [])
    first.options(str(tmp_path))
    assert second.options(str(tmp_path)) == []
    assert not second.is_made_now
    first.release()
    assert second.options(str(tmp_path))
    second.release()


def test_a_java_that_leaves_none_is_not_asked_again(java: Java, tmp_path: Path) -> None:
    archive = ClassArchive(java, [])
    archive.options(str(tmp_path))
    archive.keep()
    assert ClassArchive(java, []).options(str(tmp_path)) == []


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.spark
def test_a_spark_leaves_its_classes_at_its_end_and_the_next_answers_as_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jars = cache_folder() / "jars"
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "jars").symlink_to(jars)
    for _ in range(2):
        with SparkEngine(memory=2 << 30) as engine:
            assert engine.session().range(7).count() == 7
        kept = [file for file in (tmp_path / "cache" / "classes").glob("*.jsa") if "base" not in file.name]
        assert len(kept) == 1
    assert not list((tmp_path / "cache" / "classes").glob("*.failed"))
