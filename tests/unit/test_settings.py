"""The address of the pages is one that a link may have, and no secret of it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.clearwell]\npages_url = "https://lake.example.org/pages/"\n'
    )
    return tmp_path


def test_the_pages_are_where_the_project_says_unless_the_environment_knows_better(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(project).pages_url == "https://lake.example.org/pages"
    monkeypatch.setenv("CLEARWELL_PAGES_URL", "http://127.0.0.1:4321")
    assert load_settings(project).pages_url == "http://127.0.0.1:4321"
    monkeypatch.setenv("CLEARWELL_PAGES_URL", "")
    assert load_settings(project).pages_url is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "lake.example.org/pages",
        "https://",
        "https://jane:hunter2@lake.example.org",
        "ftp://jane:hunter2@lake.example.org",
        "https://lake.example.org/?token=hunter2",
        "https://lake.example.org/#hunter2",
    ],
)
def test_an_address_that_no_link_may_have_is_refused_without_being_shown(project: Path, url: str) -> None:
    with pytest.raises(ProjectError, match="pages_url") as caught:
        load_settings(project, pages_url=url)
    assert caught.value.place == str(project / "pyproject.toml")
    assert "hunter2" not in str(caught.value)
