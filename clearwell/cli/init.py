"""Create a project: small, complete, commented, and ready to run, from the files in `template/`.

A new folder appears complete or not at all. In an existing folder each file is written completely, no file is
overwritten, and a failure removes the files that were added.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

import clearwell
from clearwell.cli.terminal.session import Session, options
from clearwell.errors import ClearwellError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["init", "project_files"]

TEMPLATE = Path(__file__).parent / "template"
SUFFIX = ".tmpl"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,61}[A-Za-z0-9]|[A-Za-z]")


@click.command(short_help="Create a project.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path), required=False)
@click.option("--name", metavar="NAME", help="The project's name; default: that of the folder.")
@click.option(
    "--force", is_flag=True, help="Add what is missing to a folder that has files; none is overwritten."
)
@click.option("--adopt", is_flag=True, help="Create nothing: make the lake of the project in DIR its own.")
@options()
def init(session: Session, folder: Path | None, name: str | None, force: bool, adopt: bool) -> None:
    """Create a small, complete project in DIR: a source, transforms, suites, a dataset, a report, tests.

    A lake belongs to the project that writes to it first. After a project was renamed, or moved without a
    name, `clearwell init --adopt` makes its lake its own again.
    """
    if adopt:
        _adopt(session, folder, name=name, force=force)
        return
    if folder is None:
        raise click.UsageError("Missing argument 'DIR'.")
    if session.where:
        raise click.UsageError(
            f"{session.where.strip()} is for --adopt alone: a new project has no lake yet."
        )
    target = Path(os.path.normpath(folder.expanduser().absolute()))
    called = _require_name(name or target.name)
    _require_room(target, force=force)
    files = project_files(called)
    try:
        kept = _add(target, files) if target.is_dir() else _create(target, files)
    except OSError as error:
        raise ClearwellError(
            f"the project cannot be written: {error.strerror or error}",
            place=str(error.filename or target),
            hint="nothing was left behind; choose another folder, or free disk space",
        ) from error
    click.echo("\n".join(_summary(target, folder, files=len(files), kept=kept)))


def _adopt(session: Session, folder: Path | None, *, name: str | None, force: bool) -> None:
    """Make the lake of an existing project belong to it."""
    from clearwell.settings import load_settings
    from clearwell.tables import adopt_lake, lake_of

    if name or force:
        raise click.UsageError("--adopt creates no files, so it has no --name and no --force.")
    settings = load_settings(folder, profile=session.profile, lake=session.lake)
    lake = lake_of(settings)
    before = adopt_lake(lake.store, settings.name)
    click.echo(f"lake      {lake.address}")
    click.echo(f"owner     {settings.name}; before: {before.project if before else 'nobody'}")


def project_files(name: str) -> dict[str, str]:
    """The files of a new project, by their path in it."""
    from clearwell.cli.schema import SCHEMAS, schema_text

    words = {"@@NAME@@": name, "@@VERSION@@": clearwell.__version__}
    files: dict[str, str] = {}
    for file in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        text = file.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        files[file.relative_to(TEMPLATE).as_posix().removesuffix(SUFFIX)] = text
    config = Path(clearwell.__file__).parent / "components" / "dagster.yaml"
    files["dagster_home/dagster.yaml"] = config.read_text(encoding="utf-8")
    files |= {file: schema_text(kind) for kind, file in SCHEMAS.items()}
    return dict(sorted(files.items()))


def _require_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ProjectError(
            f"{name!r} is not a valid project name",
            hint="use letters, digits, _ and -, starting with a letter: clearwell init DIR --name my_lake",
        )
    return name


def _require_room(target: Path, *, force: bool) -> None:
    """Check that the project can be created at ``target`` without touching existing files."""
    if target.is_dir():
        found = sorted(path.name for path in target.iterdir())
        if found and not force:
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            raise ProjectError(
                f"the folder is not empty: {', '.join(found[:5])}{more}",
                place=str(target),
                hint="choose a new folder, or use --force to add only the missing files",
            )
    elif target.exists() or target.is_symlink():
        raise ProjectError("it is not a folder", place=str(target), hint="choose a new one")


def _create(target: Path, files: Mapping[str, str]) -> list[str]:
    """Create the folder ``target``, and missing folders above it, by one rename."""
    top = target
    while not top.parent.is_dir():
        if top.parent.exists():
            raise ProjectError("it is not a folder", place=str(top.parent), hint="choose another place")
        top = top.parent
    draft = Path(tempfile.mkdtemp(prefix=f".{top.name}-", dir=top.parent))
    try:
        root = draft / "made"
        _write(root / target.relative_to(top), files)
        root.rename(top)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return []


def _add(target: Path, files: Mapping[str, str]) -> list[str]:
    """Add missing files to the folder ``target``; returns the existing ones, which are kept."""
    draft = Path(tempfile.mkdtemp(prefix=".clearwell-init-", dir=target))
    made: list[Path] = []
    kept: list[str] = []
    try:
        _write(draft, files)
        for name in files:
            file = target / name
            for folder in reversed([p for p in file.relative_to(target).parents if p.name]):
                if not (target / folder).is_dir():
                    (target / folder).mkdir()
                    made.append(target / folder)
            try:
                os.link(draft / name, file)  # fails if the file exists: a rename would replace it
                made.append(file)
            except FileExistsError:
                kept.append(name)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return kept


def _write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _summary(target: Path, typed: Path, *, files: int, kept: list[str]) -> Iterator[str]:
    """What was created, and what to type next."""
    yield f"made      {files - len(kept)} files in {target}"
    if kept:
        yield f"kept      {', '.join(kept)}"
    if "pyproject.toml" in kept and not _is_project(target):
        yield "missing   pyproject.toml was kept and has no [tool.clearwell] section: add these two lines"
        yield '          [tool.clearwell]\n          lake = "lake"'
    yield ""
    own = Path(sys.executable).parent / "clearwell"
    command = "clearwell" if shutil.which("clearwell") or not own.exists() else shlex.quote(str(own))
    steps = [
        (f"{command} check", "find errors before anything runs"),
        (f"{command} run", "raw files to tables, a dataset and a report"),
        (f"{command} tables", "look around; README.md says more"),
        ("pytest", "test its transforms and suites"),
    ]
    if find_spec("pytest") is None:
        steps.insert(3, ("pip install pytest", ""))
    if target != Path.cwd():
        steps.insert(0, (f"cd {shlex.quote(str(typed))}", ""))
    width = max(len(step) for step, _ in steps)
    for number, (step, why) in enumerate(steps):
        line = f"{step:<{width}}  # {why}" if why else step
        yield f"{'' if number else 'next':<9} {line}"


def _is_project(target: Path) -> bool:
    from clearwell.settings import find_project

    try:
        return find_project(target) == target
    except ProjectError:
        return False
