"""The doctor opens the buckets that a lake lies in, and leaves nothing there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.cli.doctor.places import examine_places
from clearwell.settings import Settings
from tests.project import download

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.s3 import S3Space


@pytest.fixture
def settings(s3: S3Space, tmp_path: Path) -> Settings:
    places = {"gold": s3.url("gold"), "control": s3.url("control"), "silver": str(tmp_path / "silver")}
    return Settings(project=tmp_path, lake=tmp_path / "lake", places=places)


def test_a_bucket_that_opens(settings: Settings, s3: S3Space, tmp_path: Path) -> None:
    (found,) = examine_places(settings)
    assert (found.name, found.state) == ("s3://tests", "ok")
    assert found.found.endswith("gold, control")
    download(s3.root, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_bucket_that_refuses(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    (found,) = examine_places(settings)
    assert found.state == "error"
    assert "access was refused" in found.found
    assert "AWS_SECRET_ACCESS_KEY" in str(found.hint)


def test_a_lake_on_a_disk_has_no_bucket(tmp_path: Path) -> None:
    assert list(examine_places(Settings(project=tmp_path, lake=tmp_path / "lake"))) == []
