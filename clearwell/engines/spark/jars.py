"""The jars that Spark needs for Delta tables and buckets: known hashes, downloaded once, cached.

They are in the user's cache folder (CLEARWELL_CACHE changes it) under names that contain their versions. A
jar is there only when it is complete: it is downloaded elsewhere, verified, and then renamed, so that two
processes, or a killed one, do no harm. Refused: a jar with another hash. Spark gets local paths, so a start
needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.engines.spark import ivy
from clearwell.engines.spark.java import find_java
from clearwell.errors import EngineError
from clearwell.settings import cache_folder
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["DELTA", "S3", "Jar", "delta_jars", "faults", "jars_folder", "s3_jars"]

_log = logging.getLogger("clearwell")

_OTHERS_SECONDS = 1800.0
_ALWAYS_HASHED = 32 << 20
"""Larger ones are compared by size at a start; ``clearwell doctor`` reads them completely."""


@dataclass(frozen=True)
class Jar:
    """A jar as it was when it was tested."""

    group: str
    name: str
    version: str
    size: int
    sha256: str

    @property
    def file(self) -> str:
        """Its file name in the cache."""
        return f"{self.name}-{self.version}.jar"


DELTA = (
    Jar("io.delta", "delta-spark_4.2_2.13", "4.4.0", 9_515_916,
        "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead"),
    Jar("io.delta", "delta-storage", "4.4.0", 113_863,
        "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc"),
    Jar("io.delta", "delta-kernel-api", "4.4.0", 2_838_619,
        "ee9b5a14ac3b7efdff4d61a58478fe8eb0e5a3fbca43889dca7290795fe79a11"),
    Jar("io.delta", "delta-kernel-defaults", "4.4.0", 227_185,
        "225c975199e4718b38ee5b7e6da7f19e9585024262b2cec2656b32151a856b0b"),
    Jar("io.delta", "delta-kernel-unitycatalog", "4.4.0", 43_048,
        "cea22dfb4ac562b3cd27bf652697750e8336009d73fb06631363aaaad5345ffa"),
    Jar("io.unitycatalog", "unitycatalog-client", "0.6.0", 564_136,
        "48257499a86b801a3e2372cec55ac226ca1c1c7eabe5c118e7302f29a1fdbc19"),
    Jar("io.unitycatalog", "unitycatalog-hadoop", "0.6.0", 78_389,
        "c47b63c961c87102b9e1d63809a0915ba4c86b7652f57c8d39ca3a05b441a150"),
    Jar("org.apache.spark", "spark-hadoop-cloud_2.13", "4.1.1", 32_768,
        "e5b41b43d481510afd0cdc372b593770ddee5a0a348d0744cef6c6cd77a27943"),
)  # fmt: skip
"""For every start. The last one, which does not exist for 4.2, adds committers that write a manifest."""

S3 = (
    Jar("org.apache.hadoop", "hadoop-aws", "3.5.0", 938_071,
        "66bd9eefb938b1a1657487324b63c13df2d8b17164a1dd24e0ef37b905bc5baa"),
    Jar("software.amazon.awssdk", "bundle", "2.35.4", 686_119_507,
        "db4b55f24ad1b4e70f17eb1717a4de76a8dadc5a27d764be7c44ff67b2c1c677"),
    Jar("software.amazon.s3.analyticsaccelerator", "analyticsaccelerator-s3", "1.3.0", 2_470_776,
        "678961ff984143a59b80d136ad8a79bec21e2b4664e3eb96a0369d9adcc38af9"),
)  # fmt: skip
"""Only for a lake with a part in an S3 bucket: 690 MB, which no other lake should download."""


def delta_jars() -> list[Path]:
    """Delta's jars, downloaded if they are missing; raises EngineError."""
    return _have(DELTA)


def s3_jars() -> list[Path]:
    """The jars by which Spark reads and writes S3, downloaded if they are missing; raises EngineError."""
    return _have(S3)


def jars_folder() -> Path:
    """Where the jars are kept, under the same path that Java's class archives record."""
    return (cache_folder() / "jars").resolve()


def faults(jars: Sequence[Jar], *, thorough: bool = False) -> dict[Jar, str]:
    """What is wrong with each jar of the cache that cannot be used, such as ``"does not exist"``."""
    folder = jars_folder()
    return {jar: wrong for jar in jars if (wrong := _fault(jar, folder / jar.file, thorough=thorough))}


def _have(jars: Sequence[Jar]) -> list[Path]:
    folder = jars_folder()
    if faults(jars):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(folder):
                if wanting := list(faults(jars)):  # another process may have downloaded them meanwhile
                    _fetch(wanting, folder)
        except OSError as error:
            raise EngineError(
                f"jars for Apache Spark cannot be stored: {error.strerror or error}",
                place=str(folder),
                hint="free disk space there, or set CLEARWELL_CACHE to another folder",
            ) from error
    return [folder / jar.file for jar in jars]


def _fetch(jars: Sequence[Jar], folder: Path) -> None:
    size = readable_size(sum(jar.size for jar in jars))
    _log.info("downloading %d jars for Apache Spark, once (%s), into %s", len(jars), size, folder)
    for left in folder.glob("fetch-*"):  # left by a killed process: this one holds the lock
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix="fetch-", dir=folder))
    try:
        found = ivy.fetch(
            [(jar.group, jar.name, jar.version) for jar in jars],
            work,
            java=find_java(),
            ivy=_ivy_jar(),
            tell=lambda name: _log.info("fetching %s", name),
        )
        for jar in jars:
            path = found[jar.group, jar.name, jar.version]
            if wrong := _fault(jar, path, thorough=True):
                raise EngineError(
                    f"the downloaded jar {jar.file} {wrong}",
                    hint="check for a proxy that changes downloads from Maven Central, then try again",
                )
            os.replace(path, folder / jar.file)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fault(jar: Jar, path: Path, *, thorough: bool) -> str | None:
    try:
        size = path.stat().st_size
        if size != jar.size:
            return f"has {size:,} of {jar.size:,} bytes"
        if not thorough and size > _ALWAYS_HASHED:
            return None
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return "does not exist"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None if same else "has another hash than the tested jar of this name"


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Let one process download while the others wait. The kernel releases a killed process's lock."""
    end = time.monotonic() + _OTHERS_SECONDS
    with (folder / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise EngineError(
                        f"another process has been downloading jars for {_OTHERS_SECONDS / 60:g} minutes",
                        place=str(folder),
                        hint="end it, and run again",
                    ) from None
                time.sleep(0.2)
        yield


def _ivy_jar() -> Path:
    """The resolver in pyspark's own jars."""
    from importlib.util import find_spec

    spec = find_spec("pyspark")
    folder = Path(spec.origin).parent / "jars" if spec and spec.origin else None
    found = next(folder.glob("ivy-*.jar"), None) if folder else None
    if found is None:
        raise EngineError(
            "pyspark is not installed, or has no jars",
            place=str(folder or "pyspark"),
            hint="pip install 'clearwell[spark]'; the package pyspark-client alone is not enough",
        )
    return found
