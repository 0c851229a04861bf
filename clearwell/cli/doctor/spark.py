"""The doctor's checks of the spark engine: compatible versions, Java, the jars.

Where that engine is not used, no finding is an error: it is only reported.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clearwell.cli.doctor.findings import Finding
from clearwell.names import is_url
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.engines.spark.jars import Jar
    from clearwell.settings import Settings

__all__ = ["examine_spark"]


def examine_spark(settings: Settings) -> Iterator[Finding]:
    """All findings, the cheap ones first."""
    used = "spark" in (settings.engine, *settings.engines.values())
    bucket = any(is_url(place) for place in settings.places.values())
    for finding in (_versions(), *_java(), *_jars(needs_s3=bucket)):
        if finding.state == "ok" or used:
            yield finding
        else:
            yield replace(finding, state="ok", found=f"{finding.found} (only --engine spark needs it)")


def _versions() -> Finding:
    from clearwell.engines.spark.compatibility import installed_set, misfit

    if wrong := misfit():
        return Finding("spark", "error", *wrong)
    together = ", ".join(f"{name} {number}" for name, number in installed_set().items())
    return Finding("spark", "ok", f"{together} are compatible")


def _java() -> Iterator[Finding]:
    """The Java that is used, and the ones before it that are unsuitable."""
    from clearwell.engines.spark.java import FITTING, look_for_java

    wanted = ", ".join(map(str, FITTING))
    passed_over: list[str] = []
    for java in look_for_java():
        if java.wrong is None:
            besides = f"; not used: {'; '.join(passed_over)}" if passed_over else ""
            yield Finding("java", "ok", f"Java {java.major} at {java.path} ({java.origin}){besides}")
            return
        passed_over.append(f"{java.path} ({java.origin}) {java.wrong}")
    found = "; ".join(passed_over) or "none found"
    yield Finding(
        "java",
        "error",
        f"{found} (wants one of {wanted})",
        "pip install 'clearwell[spark]' installs one; or set JAVA_HOME to the folder of a suitable Java",
    )


def _jars(*, needs_s3: bool) -> Iterator[Finding]:
    from clearwell.engines.spark.jars import DELTA, S3

    yield _have("jars", DELTA)
    if needs_s3:
        yield _have("jars for s3", S3)


def _have(name: str, jars: Sequence[Jar]) -> Finding:
    """Whether all jars exist and match their hashes."""
    from clearwell.engines.spark.jars import faults, jars_folder

    wrong, folder = faults(jars, thorough=True), jars_folder()
    size = readable_size(sum(jar.size for jar in jars))
    if not wrong:
        return Finding(name, "ok", f"all {len(jars)} are in {folder}, complete")
    broken = {jar: fault for jar, fault in wrong.items() if (folder / jar.file).exists()}
    if not broken:
        return Finding(
            name,
            "warning",
            f"{len(wrong)} of {len(jars)} are not in {folder} yet",
            f"the first start downloads them ({size}): run it with network access",
        )
    jar, fault = next(iter(broken.items()))
    return Finding(
        name, "error", f"{folder / jar.file} {fault}", "remove it: the next start downloads it again"
    )
