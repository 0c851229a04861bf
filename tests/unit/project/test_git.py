"""Where the code of a project is kept, told without any secret that its address holds."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from clearwell.project.git import find_repository

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "project").mkdir(parents=True)
    git(root, "init", "-q")
    (root / "project" / "file").write_text("x")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://host.example/org/repo.git", "https://host.example/org/repo.git"),
        ("https://me:planted-token@host.example:8443/org/repo.git", "https://host.example:8443/org/repo.git"),
        ("https://host.example/org/repo.git?token=planted-token", "https://host.example/org/repo.git"),
        ("git@host.example:org/repo.git", "ssh://host.example/org/repo.git"),
        ("ssh://git@host.example/org/repo.git", "ssh://host.example/org/repo.git"),
    ],
)
def test_the_commit_and_the_address_are_found_and_secrets_are_not(
    checkout: Path, remote: str, url: str
) -> None:
    git(checkout, "remote", "add", "origin", remote)
    for packed in (False, True):
        if packed:
            git(checkout, "pack-refs", "--all")
        found = find_repository(checkout / "project")
        assert found
        assert (found.root, found.url, found.branch) == (checkout, url, "main")
        assert found.commit == git(checkout, "rev-parse", "HEAD")
        assert "planted-token" not in repr(found)


def test_a_worktree_and_a_detached_head_are_known_too(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "remote", "add", "origin", "https://host.example/repo.git")
    git(checkout, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    found = find_repository(tmp_path / "tree" / "project")
    assert found
    assert (found.branch, found.commit) == ("other", git(checkout, "rev-parse", "HEAD"))
    git(checkout, "checkout", "-q", "--detach")
    found = find_repository(checkout)
    assert found
    assert (found.branch, found.commit) == (None, git(checkout, "rev-parse", "HEAD"))


def test_without_a_remote_or_a_repository_there_is_nothing_to_tell(checkout: Path, tmp_path: Path) -> None:
    assert find_repository(checkout) is None
    git(checkout, "remote", "add", "origin", "../somewhere")
    assert find_repository(checkout) is None
    (tmp_path / "plain").mkdir()
    assert find_repository(tmp_path / "plain") is None
