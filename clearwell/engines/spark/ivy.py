"""Download jars with Apache Ivy, which Spark contains: only its resolver runs, no other part of Spark.

Only the named jars are downloaded, not their dependencies: Spark has them already. Ivy waits forever for a
silent server, so it is watched: it is ended after a while without progress, or at a total limit.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from typing import IO, TYPE_CHECKING, cast
from xml.sax.saxutils import quoteattr

from clearwell.engines.local import die_with_parent
from clearwell.errors import EngineError
from clearwell.settings import ivy_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from clearwell.engines.spark.java import Java

__all__ = ["fetch"]

_SILENCE_SECONDS = 60.0
_LONGEST_SECONDS = 1800.0
_KEPT = 16 << 10


def fetch(
    wanted: Sequence[tuple[str, str, str]],
    folder: Path,
    *,
    java: Java,
    ivy: Path,
    tell: Callable[[str], None],
) -> dict[tuple[str, str, str], Path]:
    """Download each ``(group, name, version)`` into the empty ``folder``, and return its path there.

    Args:
        wanted: What to download.
        folder: Where Ivy may write.
        java: The Java that runs it.
        ivy: Ivy's own jar.
        tell: Called with the name of each file when its download begins.

    Raises:
        EngineError: a jar does not exist, the server cannot be reached, or it sends nothing for a minute.
    """
    (folder / "ivy.xml").write_text(_request(wanted), encoding="utf-8")
    command = [
        *(str(java.path), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Duser.home={folder}"),
        *("-cp", str(ivy), "org.apache.ivy.Main", "-ivy", str(folder / "ivy.xml")),
        *("-cache", str(folder / "cache"), "-confs", "default", "-novalidate"),
        *(("-settings", str(settings)) if (settings := ivy_settings()) else ("-m2compatible",)),
    ]
    said = _run(command, folder, tell)
    found = {
        jar: path
        for jar in wanted
        if (path := next((folder / "cache").rglob(f"{jar[1]}-{jar[2]}.jar"), None)) is not None
    }
    if missing := [jar for jar in wanted if jar not in found]:
        raise _failed(f"{len(missing)} of {len(wanted)} jars could not be downloaded", missing[0], said)
    return found


def _run(command: Sequence[str], folder: Path, tell: Callable[[str], None]) -> str:
    """Ivy's output; raises EngineError when it hangs. It ends with this process, however that ends."""
    read, write = os.pipe()
    try:
        process = subprocess.Popen(
            die_with_parent.guarded(command, read),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            pass_fds=(read,),
            start_new_session=True,
        )
        os.close(read)
        try:
            return _listen(process, tell)
        finally:
            die_with_parent.kill_group(process.pid)
            process.wait()
            cast("IO[bytes]", process.stdout).close()
    finally:
        os.close(write)


def _listen(process: subprocess.Popen[bytes], tell: Callable[[str], None]) -> str:
    output = cast("IO[bytes]", process.stdout)
    said, told, end = b"", 0, time.monotonic() + _LONGEST_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while (left := end - time.monotonic()) > 0 and selector.select(min(left, _SILENCE_SECONDS)):
            chunk = os.read(output.fileno(), 1 << 16)
            if not chunk:
                return said.decode(errors="replace")
            said += chunk.replace(b".", b"") if chunk.strip(b".") == b"" else chunk
            for line in re.finditer(rb"^downloading \S*/(\S+\.jar) ", said[told:], re.MULTILINE):
                tell(line[1].decode(errors="replace"))
            told = said.rfind(b"\n") + 1
    what = "no progress" if left > 0 else "no end"
    seconds = _SILENCE_SECONDS if left > 0 else _LONGEST_SECONDS
    raise _failed(
        f"the download of jars was stopped: {what} within {seconds:g} s", None, said.decode(errors="replace")
    )


def _failed(fact: str, jar: tuple[str, str, str] | None, said: str) -> EngineError:
    reasons = re.findall(
        r"^\s*(?:ERRORS|WARN|.*(?:Server access error|UnknownHost|refused|timed out)).*$", said, re.MULTILINE
    )
    reason = reasons[0].strip() if reasons else ""
    name = f" (first: {':'.join(jar)})" if jar else ""
    return EngineError(
        f"{fact}{name}{f': {reason[:300]}' if reason else ''}",
        hint="Apache Spark's jars for Delta are downloaded once, from Maven Central: check the network, or"
        "name an Ivy settings file with a mirror in CLEARWELL_IVY_SETTINGS; --engine embedded needs none",
    )


def _request(wanted: Sequence[tuple[str, str, str]]) -> str:
    lines = [
        f"<dependency org={quoteattr(group)} name={quoteattr(name)} rev={quoteattr(version)}"
        ' transitive="false" conf="default"/>'
        for group, name, version in wanted
    ]
    return "\n".join(
        [
            '<ivy-module version="2.0">',
            '<info organisation="clearwell" module="jars"/>',
            '<configurations><conf name="default"/></configurations>',
            "<dependencies>",
            *lines,
            "</dependencies>",
            "</ivy-module>",
        ]
    )
