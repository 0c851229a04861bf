"""Jars are fetched once, by Ivy from where its settings say, and only the known ones are ever used."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

from clearwell.engines.spark import ivy, jars
from clearwell.engines.spark.jars import DELTA, S3, Jar, faults
from clearwell.errors import EngineError
from tests.unit.engines.processes import has_ended

PROJECT = Path(__file__).parents[4]
SETTINGS = """
<ivysettings>
  <settings defaultResolver="mirror"/>
  <resolvers>
    <{kind} name="mirror" m2compatible="true">
      <ivy pattern="{root}/[organisation]/[module]/[revision]/[module]-[revision].pom"/>
      <artifact pattern="{root}/[organisation]/[module]/[revision]/[artifact]-[revision].[ext]"/>
    </{kind}>
  </resolvers>
</ivysettings>
"""
POM = """
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{jar.group}</groupId><artifactId>{jar.name}</artifactId><version>{jar.version}</version>
  <dependencies><dependency>
    <groupId>org.nowhere</groupId><artifactId>not-to-be-fetched</artifactId><version>1</version>
  </dependency></dependencies>
</project>
"""


def make_jar(mirror: Path, name: str, content: bytes) -> Jar:
    """A jar on a mirror, and what is known of it."""
    jar = Jar("org.birds", name, "1.0", len(content), hashlib.sha256(content).hexdigest())
    folder = mirror / "org/birds" / name / "1.0"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / jar.file).write_bytes(content)
    (folder / f"{name}-1.0.pom").write_text(POM.format(jar=jar))
    return jar


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder from which Ivy fetches, as it does from a firm's mirror, into a cache of the test's own."""
    folder = tmp_path / "mirror"
    settings = tmp_path / "ivysettings.xml"
    settings.write_text(SETTINGS.format(kind="filesystem", root=folder))
    monkeypatch.setenv("CLEARWELL_IVY_SETTINGS", str(settings))
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def wing(mirror, monkeypatch):
    wanted = (make_jar(mirror, "wing", b"feathers" * 1000), make_jar(mirror, "tail", b"longer feathers"))
    monkeypatch.setattr(jars, "DELTA", wanted)
    return wanted[0]


def cached(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache/jars").iterdir()} - {"lock"}


def test_jars_are_fetched_once_and_nothing_that_they_depend_on(wing, tmp_path, monkeypatch):
    first = jars._have(jars.DELTA)
    assert [path.name for path in first] == ["wing-1.0.jar", "tail-1.0.jar"]
    assert first[0].read_bytes() == b"feathers" * 1000
    assert cached(tmp_path) == {"wing-1.0.jar", "tail-1.0.jar"}
    monkeypatch.setattr(ivy, "fetch", None)  # from now on no resolver is started
    assert jars.delta_jars() == first


@pytest.mark.variants
@pytest.mark.parametrize("damage", [b"feathers" * 999, b"leathers" * 1000, b""])
def test_a_jar_that_is_not_whole_or_not_the_known_one_is_fetched_again(wing, tmp_path, damage):
    (whole, _) = jars.delta_jars()
    whole.write_bytes(damage)
    assert set(faults(jars.DELTA)) == {wing}
    assert jars.delta_jars()[0].read_bytes() == b"feathers" * 1000


def test_a_mirror_with_other_bytes_is_refused_and_nothing_is_kept(wing, mirror, tmp_path):
    (mirror / "org/birds/wing/1.0/wing-1.0.jar").write_bytes(b"leathers" * 1000)
    with pytest.raises(EngineError, match=r"downloaded jar .*wing-1\.0\.jar has another hash") as caught:
        jars.delta_jars()
    assert "changes downloads" in str(caught.value.hint)
    assert "wing-1.0.jar" not in cached(tmp_path)


def test_a_jar_that_is_not_there_is_named_with_the_next_step(wing, mirror, tmp_path):
    for file in (mirror / "org/birds/tail/1.0").iterdir():
        file.unlink()
    with pytest.raises(
        EngineError, match=r"1 of 2 jars could not be downloaded \(first: org.birds:tail:1.0\)"
    ) as caught:
        jars.delta_jars()
    assert "CLEARWELL_IVY_SETTINGS" in str(caught.value.hint)
    assert not list((tmp_path / "cache/jars").glob("fetch-*"))


def served_from(tmp_path: Path, port: int) -> None:
    (tmp_path / "ivysettings.xml").write_text(SETTINGS.format(kind="url", root=f"http://127.0.0.1:{port}"))


def test_an_unreachable_server_is_told(wing, tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    served_from(tmp_path, port)
    with pytest.raises(EngineError, match=r"2 of 2 jars could not be downloaded.*refused"):
        jars.delta_jars()


def test_a_server_that_never_answers_is_given_up(wing, tmp_path, monkeypatch):
    monkeypatch.setattr(ivy, "_SILENCE_SECONDS", 3.0)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        served_from(tmp_path, silent.getsockname()[1])
        with pytest.raises(EngineError, match="stopped: no progress within 3 s"):
            jars.delta_jars()


def test_a_cache_that_cannot_be_written_is_told_by_its_place(wing, tmp_path):
    (tmp_path / "cache").write_text("a file, no folder")
    with pytest.raises(EngineError, match="cannot be stored") as caught:
        jars.delta_jars()
    assert caught.value.place == str(tmp_path / "cache/jars")


FETCH = """
    import sys
    from pathlib import Path
    from clearwell.engines.spark import jars
    jars.DELTA = (jars.Jar("org.birds", "wing", "1.0", 8000, sys.argv[1]),)
    print(jars.delta_jars()[0].read_bytes()[:8].decode(), flush=True)
"""


def fetcher(wing: Jar) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", dedent(FETCH), wing.sha256], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )


def test_two_that_fetch_at_once_both_have_it(wing, tmp_path):
    both = [fetcher(wing), fetcher(wing)]
    assert [one.communicate(timeout=120)[0] for one in both] == ["feathers\n"] * 2
    assert [one.returncode for one in both] == [0, 0]
    assert cached(tmp_path) == {"wing-1.0.jar"}


def test_one_that_is_killed_leaves_no_resolver_and_nothing_that_disturbs_the_next(wing, tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        settings = (tmp_path / "ivysettings.xml").read_text()
        served_from(tmp_path, silent.getsockname()[1])
        killed = fetcher(wing)
        silent.settimeout(120)
        connection, _ = silent.accept()  # the resolver asks
        with connection:
            (resolver,) = children(killed.pid)
            killed.send_signal(signal.SIGKILL)
            killed.communicate(timeout=30)
            assert has_ended(resolver)
    assert list((tmp_path / "cache/jars").glob("fetch-*"))  # what it left
    (tmp_path / "ivysettings.xml").write_text(settings)
    jars._have((wing,))
    assert cached(tmp_path) == {"wing-1.0.jar"}


def children(pid: int) -> list[int]:
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(") ")[2].split()[1]) == pid:
                found.append(int(entry))
    return found


def test_what_is_known_of_the_jars_is_complete_and_names_each_once():
    every = (*DELTA, *S3)
    assert len({jar.file for jar in every}) == len(every)
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in every)


def test_the_jars_of_this_machine_are_whole():
    jars.delta_jars()
    assert faults(DELTA, thorough=True) == {}
