"""Make and check a release of Clearwell: `make release`. Nothing is uploaded, nothing is tagged.

In order: every change is committed; CHANGELOG.md has a dated section for the version of
clearwell/__init__.py; no other commit has that version's tag. The source archive is built from the tree, and
the wheel from the archive, so a file that the archive lacks is noticed. Both must hold just the files of the
commit, with valid metadata and right hashes, and the wheel must install and import in an environment of its
own. Only then are the two moved to dist/. The first thing that is wrong ends it, with the next step.
"""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from datetime import date
from pathlib import Path

from packaging.metadata import Metadata
from packaging.version import InvalidVersion, Version

__all__ = ["Refused", "dated_section", "main"]

ROOT = Path(__file__).parent
PACKAGE = "clearwell"
_HEADING = re.compile(r"^## +(?P<title>.+?) *$", re.MULTILINE)
_TRY = f"import {PACKAGE}, importlib.metadata as m; assert {PACKAGE}.__version__ == m.version('{PACKAGE}')"


class Refused(Exception):
    """What is wrong, and the next step."""

    def __init__(self, fact: str, step: str) -> None:
        super().__init__(f"error: {fact}\n  next: {step}")


def main(root: Path = ROOT) -> int:
    """Check, build, check; the exit code."""
    try:
        version = _version(root)
        tracked = _committed_files(root)
        dated_section(_read(root / "CHANGELOG.md"), version)
        _require_untagged(root, version)
        with tempfile.TemporaryDirectory(prefix="clearwell-release-") as folder:
            work = Path(folder)
            archive = _build(root, "sdist", work / "built")
            print(f"-- built {archive.name}", flush=True)
            _check_archive(archive, tracked, version)
            wheel = _build(_unpacked(archive, work / "source"), "wheel", work / "built")
            print(f"-- built {wheel.name} from it", flush=True)
            _check_wheel(wheel, tracked, version, _read(root / "README.md"))
            _check_installed(wheel, work / "environment")
            print("-- both hold the files of the commit, and the wheel installs and imports", flush=True)
            done = [_moved(file, root / "dist") for file in (archive, wheel)]
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    for file in done:
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  dist/{file.name}")
    print(f"nothing is uploaded or tagged; next: git tag -a v{version} -m 'Clearwell {version}'")
    return 0


def dated_section(changelog: str, version: str) -> str:
    """What the changelog says below ``## VERSION - YYYY-MM-DD``; raises Refused."""
    wanted = f"'## {version} - {date.today().isoformat()}'"  # noqa: DTZ011, the day where the release is made
    headings = list(_HEADING.finditer(changelog))
    for number, heading in enumerate(headings):
        name, _, day = heading["title"].partition(" - ")
        if name.strip("[]") != version:
            continue
        try:
            date.fromisoformat(day)
        except ValueError:
            fact = f"the section of {version} in CHANGELOG.md has no date"
            raise Refused(fact, f"write its heading as {wanted}") from None
        end = headings[number + 1].start() if number + 1 < len(headings) else len(changelog)
        if not (text := changelog[heading.end() : end].strip()):
            fact = f"the section of {version} in CHANGELOG.md is empty"
            raise Refused(fact, "say there what has changed for users")
        return text
    raise Refused(
        f"CHANGELOG.md has no section for {version}, the version of {PACKAGE}/__init__.py",
        f"put the heading {wanted} below '## Unreleased' and commit it; or set another __version__",
    )


def _version(root: Path) -> str:
    """The version as the code says it, read and not run."""
    for node in ast.parse((root / PACKAGE / "__init__.py").read_bytes()).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__version__")], value=ast.Constant(value=str(version))):
                break
            case _:
                continue
    else:
        raise Refused(f"{PACKAGE}/__init__.py has no __version__", 'write one there, such as "0.1.0"')
    try:
        parsed = Version(version)
    except InvalidVersion:
        raise Refused(
            f"{version!r} is not a version", 'set __version__ as in PEP 440, such as "0.1.0"'
        ) from None
    if str(parsed) != version or parsed.local:
        raise Refused(f"{version!r} cannot be released", f'set __version__ = "{parsed.public}"')
    return version


def _committed_files(root: Path) -> set[str]:
    """The files of the commit; raises Refused if the tree is not just that."""
    changed = _git(root, "status", "--porcelain", "-z").split("\0")[:-1]
    if changed:
        names = ", ".join(entry[3:] for entry in changed[:5]) + (", ..." if len(changed) > 5 else "")
        raise Refused(f"not everything is committed: {names}", "commit, or `git stash --include-untracked`")
    return set(_git(root, "ls-files", "-z").split("\0")[:-1])


def _require_untagged(root: Path, version: str) -> None:
    tag = f"refs/tags/v{version}"
    if not _git(root, "for-each-ref", tag):
        return
    if _git(root, "rev-parse", f"{tag}^{{commit}}") != _git(root, "rev-parse", "HEAD"):
        raise Refused(f"v{version} is the tag of another commit", "set a later __version__")


def _build(source: Path, target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"no {target} can be built:\n{done.stderr[-2000:]}", "mend what the build says")
    (built,) = folder.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return built


def _unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


def _check_archive(archive: Path, tracked: set[str], version: str) -> None:
    """The files of the commit and PKG-INFO, no others, below one folder."""
    top = f"{PACKAGE}-{version}/"
    with tarfile.open(archive) as opened:
        names = {member.name.removeprefix(top) for member in opened.getmembers() if member.isfile()}
        about = opened.extractfile(f"{top}PKG-INFO")
        _check_metadata(about.read() if about else b"", archive.name)
    _check_names(archive.name, names - {"PKG-INFO"}, tracked)


def _check_wheel(wheel: Path, tracked: set[str], version: str, readme: str) -> None:
    """The package's files of the commit, and beside them metadata, licence and hashes that are right."""
    about = f"{PACKAGE}-{version}.dist-info"
    with zipfile.ZipFile(wheel) as opened:
        contents = {name: opened.read(name) for name in opened.namelist()}
    metadata = _check_metadata(contents.get(f"{about}/METADATA", b""), wheel.name)
    if str(metadata.version) != version or metadata.description != readme:
        raise Refused(f"{wheel.name} has another version or another README", "`make clean`, then again")
    extra = {
        f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    wanted = {name for name in tracked if name.startswith(f"{PACKAGE}/")}
    _check_names(wheel.name, set(contents), wanted | extra)
    for name, given, _ in csv.reader(io.StringIO(contents[f"{about}/RECORD"].decode())):
        digest = base64.urlsafe_b64encode(hashlib.sha256(contents[name]).digest()).rstrip(b"=").decode()
        if given not in ("", f"sha256={digest}"):
            raise Refused(f"{wheel.name}: the hash of {name} is wrong", "`make clean`, then again")


def _check_metadata(text: bytes, place: str) -> Metadata:
    """Metadata that an index takes: valid in each field, with what a reader of its page needs."""
    try:
        metadata = Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        faults = "; ".join(map(str, group.exceptions))
        raise Refused(
            f"the metadata of {place} is not valid: {faults}", "mend [project] of pyproject.toml"
        ) from None
    needed = {
        "readme": metadata.description and metadata.description_content_type == "text/markdown",
        "description": metadata.summary,
        "license": metadata.license_expression and metadata.license_files,
        "requires-python": metadata.requires_python,
    }
    if missing := [key for key, value in needed.items() if not value]:
        raise Refused(
            f"the metadata of {place} lacks {', '.join(missing)}", "add it to [project] of pyproject.toml"
        )
    return metadata


def _check_names(place: str, names: set[str], wanted: set[str]) -> None:
    for fact, differing in (("lacks", wanted - names), ("has, and no commit has,", names - wanted)):
        if differing:
            raise Refused(
                f"{place} {fact} {', '.join(sorted(differing)[:5])}",
                "see what [tool.hatch.build] of pyproject.toml and .gitignore say of it",
            )


def _check_installed(wheel: Path, folder: Path) -> None:
    """By itself, without what it depends on: importing it needs nothing, and pip takes its metadata."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = str(folder / "bin" / "python")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    for what, command in (("install", [*install, str(wheel)]), ("import", [python, "-I", "-c", _TRY])):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise Refused(f"{wheel.name} does not {what}:\n{said[-2000:]}", "mend it and run again")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused(f"there is no {file.name}", "write it and commit it") from None


def _moved(file: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return Path(shutil.move(file, folder / file.name))


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode != 0:
        raise Refused(
            f"git {arguments[0]} fails: {done.stderr.strip()}", "run it in a clone of the repository"
        )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
