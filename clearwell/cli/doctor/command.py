"""Check this machine for the project: versions, folders, raw formats, Spark, an engine that answers."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

import click

from clearwell.cli.doctor.findings import Finding
from clearwell.cli.doctor.formats import examine_formats
from clearwell.cli.doctor.places import examine_places
from clearwell.cli.doctor.spark import examine_spark
from clearwell.cli.terminal.completion import complete_engines
from clearwell.cli.terminal.output import print_json
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clearwell.settings import Settings

__all__ = ["Finding", "doctor", "examine"]

_ROOM = 1 << 30
_REQUIRED_EXTRAS = ("", "pipelines")
_MARKS = {"ok": "green", "warning": "yellow", "error": "red"}


@click.command(short_help="Check whether this machine can run a project.")
@click.option(
    "--engine",
    metavar="ENGINE",
    shell_complete=complete_engines,
    help="embedded, spark or sc://host:port; default: the project's.",
)
@options(listing=True)
def doctor(session: Session, engine: str | None) -> int:
    """Check whether this machine can run the project: versions, engine, folders, raw formats, Spark."""
    from clearwell.cli.terminal.progress import progress

    settings = session.settings(engine=engine)
    with redirect_stdout(sys.stderr), progress("checking this machine", debug=session.debug):
        findings = list(examine(settings))
    sick = any(finding.state == "error" for finding in findings)
    if session.json:
        print_json({"healthy": not sick, "findings": [asdict(finding) for finding in findings]})
        return int(sick)
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark = click.style(f"{finding.state:<7}", fg=_MARKS[finding.state])
        click.echo(f"{mark}  {finding.name:<{width}}  {finding.found}")
        if finding.hint and finding.state != "ok":
            click.echo(f"{'':<{width + 9}}  next: {finding.hint}")
    return int(sick)


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, the cheap ones first."""
    yield from _versions()
    yield _byte_code()
    yield _folder("lake", settings.lake, "choose another with --lake PATH, or make it writable")
    yield from examine_places(settings)
    yield _dagster_home(settings.dagster_home)
    yield from examine_formats()
    yield from examine_spark(settings)
    yield from _engines(settings)


def _versions() -> Iterator[Finding]:
    """Python and each package against the range that Clearwell supports."""
    from importlib.metadata import PackageNotFoundError, distribution, version

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    python = ".".join(map(str, sys.version_info[:3]))
    try:
        own = distribution("clearwell")
    except PackageNotFoundError:
        yield Finding("python", "ok", python)
        yield Finding(
            "clearwell",
            "warning",
            "runs from source, not installed: package versions are not compared",
            "pip install -e '.[pipelines]'",
        )
        return
    wanted = SpecifierSet(own.metadata["Requires-Python"] or "")
    state = "ok" if wanted.contains(python) else "error"
    yield Finding("python", state, f"{python} (wants {wanted})", "use a Python in this range")
    seen: set[str] = set()
    for line in own.requires or []:
        requirement = Requirement(line)
        name = requirement.name.lower()
        required = any(
            not requirement.marker or requirement.marker.evaluate({"extra": e}) for e in _REQUIRED_EXTRAS
        )
        if name in seen or name == "clearwell":
            continue
        try:
            installed = version(name)
        except PackageNotFoundError:
            if required:
                seen.add(name)
                yield Finding(name, "error", "is not installed", "pip install 'clearwell[pipelines]'")
            continue
        seen.add(name)
        if required:
            fits = requirement.specifier.contains(installed, prereleases=True)
            found = f"{installed} (wants {requirement.specifier or 'any'})"
            yield Finding(
                name, "ok" if fits else "error", found, f"pip install '{name}{requirement.specifier}'"
            )


def _byte_code() -> Finding:
    """Check for byte code: without it, a run that cannot write it compiles thousands of modules each time."""
    from importlib.util import cache_from_source, find_spec
    from pathlib import Path

    missing: list[str] = []
    for package in ("dagster", "pyspark", "great_expectations"):
        spec = find_spec(package)
        if spec and spec.origin and not Path(cache_from_source(spec.origin)).is_file():
            missing.append(package)
    if missing:
        hint = f"{sys.executable} -m compileall -q -j 0 {sys.prefix}"
        return Finding(
            "byte code", "warning", f"not compiled: {', '.join(missing)}; every start is slower", hint
        )
    return Finding("byte code", "ok", "compiled")


def _folder(name: str, folder: Path, hint: str) -> Finding:
    """Whether ``folder``, or the nearest existing folder above it, is writable."""
    import shutil
    import tempfile

    nearest = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        return Finding(name, "error", f"{folder} cannot be written: {error.strerror}", hint)
    free = shutil.disk_usage(nearest).free
    where = f"{folder}" if nearest == folder else f"{folder} (does not exist yet)"
    if free < _ROOM:
        return Finding(
            name, "warning", f"{where}, only {free / 2**20:,.0f} MiB free", "make room on that disk"
        )
    return Finding(name, "ok", f"{where}, {free / 2**30:,.0f} GiB free")


def _dagster_home(home: Path) -> Finding:
    found = _folder("dagster home", home, "make it writable, or set DAGSTER_HOME to another folder")
    if found.state == "ok" and not (home / "dagster.yaml").is_file():
        return replace(found, found=f"{home} has no dagster.yaml yet; the first run creates it")
    return found


def _engines(settings: Settings) -> Iterator[Finding]:
    """Each engine once: the engine of all steps, and those configured for single steps."""
    yield _answer("engine", settings.told_engine(), lambda: _ask(settings))
    for name in dict.fromkeys(engine for engine in settings.engines.values() if engine != settings.engine):
        steps = ", ".join(step for step, engine in settings.engines.items() if engine == name)
        own = replace(settings, engine=name, engines={})
        yield _answer(f"engine of {steps}", own.told_engine(), partial(_ask, own))


def _ask(settings: Settings) -> str:
    import time

    from clearwell.engines import open_engine

    start = time.monotonic()
    with open_engine(settings) as engine, engine.work("a first query"):
        counted = engine.session().range(1_000).count()
    return (
        f"{settings.told_engine()} counted {counted:,} rows, {time.monotonic() - start:.1f} s from its start"
    )


def _answer(name: str, what: str, ask: Callable[[], str]) -> Finding:
    from clearwell.errors import ClearwellError

    try:
        return Finding(name, "ok", ask())
    except ClearwellError as error:
        return Finding(name, "error", f"{what}: {error.fact}", error.hint)
