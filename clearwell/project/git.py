"""The git repository of a project, read from its files: no process is started, nothing is fetched.

Anything that could be a secret is removed from a remote's address: user, password, query.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Repository", "find_repository"]

_SSH = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!//)(.+)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Repository:
    """The remote, the commit and the branch that is checked out; ``root`` is the local folder."""

    root: Path
    url: str
    commit: str | None
    branch: str | None


def find_repository(project: Path) -> Repository | None:
    """The repository of a project; None when there is none, or it has no remote ``origin``."""
    for root in (project, *project.parents):
        if (root / ".git").exists():
            break
    else:
        return None
    try:
        git = _git_folder(root / ".git")
        common = _common_folder(git)
        if not (url := _address(common)):
            return None
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, configparser.Error):
        return None
    ref = head.removeprefix("ref: ") if head.startswith("ref: ") else None
    commit = _commit(git, common, ref) if ref else head
    branch = ref.removeprefix("refs/heads/") if ref else None
    return Repository(root, url, commit if commit and _COMMIT.fullmatch(commit) else None, branch)


def _git_folder(git: Path) -> Path:
    """The folder itself, or the one that a worktree's file names."""
    if git.is_dir():
        return git
    named = git.read_text(encoding="utf-8").strip().removeprefix("gitdir: ")
    return (git.parent / named).resolve()


def _common_folder(git: Path) -> Path:
    file = git / "commondir"
    return (git / file.read_text(encoding="utf-8").strip()).resolve() if file.is_file() else git


def _address(git: Path) -> str | None:
    config = configparser.ConfigParser(strict=False, interpolation=None)
    config.read_string((git / "config").read_text(encoding="utf-8"))
    url = config.get('remote "origin"', "url", fallback="")
    if found := _SSH.fullmatch(url):
        return f"ssh://{found[1]}/{found[2].lstrip('/')}"
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http", "ssh", "git") or not parts.hostname:
        return None
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{parts.hostname}{port}", parts.path, "", ""))


def _commit(git: Path, common: Path, ref: str) -> str | None:
    for folder in (git, common):
        if (folder / ref).is_file():
            return (folder / ref).read_text(encoding="utf-8").strip()
    packed = common / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else ()
    return next((line.partition(" ")[0] for line in lines if line.endswith(f" {ref}")), None)
