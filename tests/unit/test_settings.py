"""Settings say where a lake lies and what runs it, by file, profile, environment, option; no secret is told.

The address of the pages is one that a link may have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.names import SEGMENTS, STEPS
from clearwell.settings import cache_folder, load_settings

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


PROFILES = """
[tool.clearwell]
engine = "embedded"
pages_url = "https://lake.example.org/pages"

[tool.clearwell.places]
history = "s3://bucket/history"

[tool.clearwell.profiles.cloud]
lake = "s3://bucket/demo/"
engine = "sc://host:15002"

[tool.clearwell.profiles.hybrid]
places = { gold = "s3://bucket/gold", releases = "../releases" }
engines = { curate = "spark" }
prices = "prices/cloud.yaml"
"""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PROFILE", "LAKE", "PLACES", "ENGINE", "ENGINES"):
        monkeypatch.delenv(f"CLEARWELL_{name}", raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROFILES)
    return folder


def test_without_a_profile_the_file_says_where_all_lies(profiles: Path) -> None:
    settings = load_settings(profiles)
    assert (settings.lake, settings.profile) == (profiles / "lake", None)
    assert settings.places == {"history": "s3://bucket/history"}
    assert {settings.engine_of(step) for step in STEPS} == {"embedded"}


def test_a_profile_counts_over_the_file_and_leaves_what_it_does_not_name(profiles: Path) -> None:
    settings = load_settings(profiles, profile="hybrid")
    assert settings.places == {
        "history": "s3://bucket/history",
        "gold": "s3://bucket/gold",
        "releases": str(profiles / ".." / "releases"),
    }
    assert [settings.engine_of(step) for step in STEPS] == ["embedded", "embedded", "spark"]
    assert settings.prices == profiles / "prices/cloud.yaml"
    assert settings.pages_url == "https://lake.example.org/pages"


def test_a_lake_at_an_address_has_all_its_parts_there_and_its_pages_here(profiles: Path) -> None:
    settings = load_settings(profiles, profile="cloud")
    assert settings.lake == profiles / "lake"
    assert settings.places == {segment: f"s3://bucket/demo/{segment}" for segment in SEGMENTS}
    assert settings.engine_of("curate") == "sc://host:15002"


def test_the_environment_names_a_profile_and_an_option_another(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWELL_PROFILE", "cloud")
    assert load_settings(profiles).profile == "cloud"
    settings = load_settings(profiles, profile="hybrid")
    assert (settings.profile, settings.engine) == ("hybrid", "embedded")
    assert settings.places["gold"] == "s3://bucket/gold"
    assert "silver" not in settings.places


def test_a_lake_that_is_named_later_is_all_in_one_place(
    profiles: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert load_settings(profiles, lake=other).places == {}
    monkeypatch.setenv("CLEARWELL_PROFILE", "hybrid")
    assert load_settings(profiles, lake=other).places == {}  # not one table of a trial goes to the bucket
    monkeypatch.setenv("CLEARWELL_LAKE", str(other))
    named_beside_it = load_settings(profiles)
    assert named_beside_it.lake == other
    assert sorted(named_beside_it.places) == ["gold", "releases"]


def test_an_engine_that_is_named_later_runs_all_steps(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(profiles, profile="hybrid", engine="embedded")
    assert {settings.engine_of(step) for step in STEPS} == {"embedded"}
    monkeypatch.setenv("CLEARWELL_ENGINE", "sc://other:1")
    monkeypatch.setenv("CLEARWELL_ENGINES", '{ cleanse = "embedded" }')
    settings = load_settings(profiles)
    assert [settings.engine_of(step) for step in STEPS] == ["sc://other:1", "embedded", "sc://other:1"]


def test_at_a_step_its_engine_runs_all(profiles: Path) -> None:
    settings = load_settings(profiles, profile="hybrid")
    assert settings.at("curate").engine == "spark"
    assert {settings.at("curate").engine_of(step) for step in STEPS} == {"spark"}
    assert settings.at("cleanse").engine == "embedded"


def test_what_the_settings_are_can_be_handed_on_in_the_environment(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (None, "cloud", "hybrid"):
        settings = load_settings(profiles, profile=name)
        with monkeypatch.context() as handed:
            for variable, text in settings.environment().items():
                handed.setenv(variable, text)
            assert load_settings(profiles) == settings


@pytest.mark.parametrize(
    ("written", "fact", "hint"),
    [
        ('[tool.clearwell]\nplace = "x"', "unknown setting 'place'", "did you mean 'places'?"),
        ('[tool.clearwell.places]\nsliver = "x"', "no part 'sliver'", "did you mean 'silver'?"),
        ("[tool.clearwell.places]\ngold = 3", "places.gold = 3 is not a place", "s3://BUCKET/PATH"),
        ('[tool.clearwell]\nplaces = "s3://b"', "is not a table", "[tool.clearwell.places]"),
        ('[tool.clearwell.engines]\ncurrate = "spark"', "no step 'currate'", "did you mean 'curate'?"),
        ('[tool.clearwell.engines]\npublish = "spark"', "publish uses no engine", "ingest, cleanse, curate"),
        ("[tool.clearwell.engines]\ncurate = 3", "engines.curate = 3 is not an engine", "sc://host:port"),
        ('[tool.clearwell.profiles.a]\nlakes = "x"', "'lakes' in [tool.clearwell.profiles.a]", "'lake'?"),
        ('[tool.clearwell.profiles.a.places]\nraw = "x"', "no part 'raw'", "its parts: bronze"),
        ('[tool.clearwell]\nprofiles = "a"', "profiles = 'a' is not a table", "profiles.NAME]"),
        ("[tool.clearwell.profiles]\na = 1", "profiles.a is not a table", "[tool.clearwell.profiles.a]"),
        ('[tool.clearwell.places]\ngold = "s3a://b/g"', "a lake cannot be stored at s3a://", "write s3://"),
        ('[tool.clearwell.places]\ngold = "ftp://b/g"', "a lake cannot be stored at ftp://", "s3, abfss, gs"),
        ('[tool.clearwell.places]\ngold = "s3:///g"', "places.gold names no bucket", "s3://BUCKET/PATH"),
        ('[tool.clearwell.places]\ngold = "abfss://b/g"', "names no bucket", "abfss://CONTAINER@ACCOUNT"),
        ('[tool.clearwell.places]\ngold = "s3://b//g"', "has a segment that is empty", "write it plainly"),
        ('[tool.clearwell.places]\ngold = "s3://b/../g"', "or only dots", "write it plainly"),
        ('[tool.clearwell.places]\ngold = "lake/silver"', "gold cannot be stored at", "its own folder"),
        ('[tool.clearwell.places]\ngold = "lake/silver/gold"', "silver is stored there", "its own folder"),
        (
            '[tool.clearwell.places]\ngold = "s3://b"\nfiles = "s3://b/f"',
            "gold is stored there",
            "its own folder",
        ),
    ],
)
def test_what_is_written_wrong_is_told_with_its_place_and_the_next_step(
    tmp_path: Path, written: str, fact: str, hint: str
) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(written)
    with pytest.raises(ProjectError) as caught:
        load_settings(tmp_path)
    assert fact in caught.value.fact
    assert hint in (caught.value.hint or "")
    assert caught.value.place == str(file)


def test_an_unknown_profile_is_told_with_the_nearest(profiles: Path) -> None:
    with pytest.raises(ProjectError, match="no profile 'hybird' in this project") as caught:
        load_settings(profiles, profile="hybird")
    assert caught.value.hint == "did you mean 'hybrid'?"
    with pytest.raises(ProjectError) as caught:
        load_settings(profiles, profile="x")
    assert caught.value.hint == "profiles: cloud, hybrid"


@pytest.mark.parametrize(
    "url",
    [
        "s3://jane:hunter2@bucket/lake",
        "s3://hunter2@bucket/lake",
        "abfss://files:hunter2@account.dfs.core.windows.net/lake",
        "s3://bucket/lake?secret=hunter2",
        "s3://bucket/lake#hunter2",
        "s3://hunter2:9000x/lake",
        "s3://hunter2:9000/lake",
    ],
)
def test_an_address_with_a_secret_is_refused_without_being_shown(profiles: Path, url: str) -> None:
    for options in ({"lake": url}, {"places": {"gold": url}}):
        with pytest.raises(ProjectError) as caught:
            load_settings(profiles, **options)
        assert "hunter2" not in str(caught.value)


def test_a_container_is_no_user(profiles: Path) -> None:
    url = "abfss://files@account.dfs.core.windows.net/lake"
    assert load_settings(profiles, lake=url).places["gold"] == f"{url}/gold"


def test_a_table_in_the_environment_that_is_none_is_refused(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWELL_PLACES", "gold=s3://bucket")
    with pytest.raises(ProjectError, match="invalid TOML") as caught:
        load_settings(profiles)
    assert caught.value.place == "CLEARWELL_PLACES"


def test_copies_are_kept_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "copies"))
    assert cache_folder() == tmp_path / "copies"
    monkeypatch.delenv("CLEARWELL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "clearwell"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder().is_relative_to(tmp_path)


def test_whether_workers_read_raw_files_is_true_or_false_and_handed_on(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(project).ingest_on_workers is False
    monkeypatch.setenv("CLEARWELL_INGEST_ON_WORKERS", "true")
    assert load_settings(project).ingest_on_workers is True
    assert load_settings(project).environment()["CLEARWELL_INGEST_ON_WORKERS"] == "true"
    monkeypatch.setenv("CLEARWELL_INGEST_ON_WORKERS", "perhaps")
    with pytest.raises(ProjectError, match="neither true nor false"):
        load_settings(project)


SECRET = "hunter2-of-jane"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("engine", f"sc://jane:{SECRET}@host:15002"),
        ("engine", f"sc://{SECRET}@host:15002/;use_ssl=true"),
        ("engine", f"sc://host:15002/{SECRET}@x"),
        ("engine", f"sc://a:1,sc://jane:{SECRET}@b:2"),
        ("engine", f"jane:{SECRET}@host:15002"),
        ("engine", [f"sc://jane:{SECRET}@host"]),
        ("engines", {"curate": f"sc://jane:{SECRET}@host:15002"}),
        ("engines", {"curate": [f"sc://jane:{SECRET}@host"]}),
        ("engines", f"sc://jane:{SECRET}@host"),
        ("engines", {f"jane:{SECRET}": "spark"}),
        ("openlineage", f"jane:{SECRET}@host:5000"),
        ("openlineage", f"host:5000/{SECRET}"),
        ("openlineage", f"http://jane:{SECRET}/x@host"),
        ("pages_url", f"https://jane:1/{SECRET}@host"),
        ("pages_url", f"https://jane:[{SECRET}@host"),
        ("pages_url", f"https://jane:{SECRET}#@host"),
        ("lake", [f"s3://jane:{SECRET}@bucket/lake"]),
        ("lake", f"{SECRET}:x://bucket"),
        ("places", f"s3://jane:{SECRET}@bucket"),
        ("places", {"gold": [f"s3://jane:{SECRET}@bucket"]}),
        ("places", {f"jane:{SECRET}": "x"}),
        ("engine_memory", f"jane:{SECRET}@host"),
        ("engine_deadline_seconds", f"jane:{SECRET}@host"),
        ("durable", f"jane:{SECRET}@host"),
        ("ingest_on_workers", f"jane:{SECRET}@host"),
        ("name", [SECRET]),
        ("profile", f"jane:{SECRET}@host"),
    ],
)
def test_a_secret_in_a_setting_that_is_malformed_is_not_told(profiles: Path, key: str, value: object) -> None:
    with pytest.raises(ProjectError) as caught:
        load_settings(profiles, **{key: value})
    told = f"{caught.value} {caught.value.__cause__}"
    assert SECRET not in told
    assert SECRET[:4] not in told
    assert caught.value.place


def test_what_an_endpoint_asks_is_no_part_of_its_name_and_of_no_error(profiles: Path) -> None:
    settings = load_settings(profiles, engine="sc://[::1]:15002/;use_ssl=true;token=rosebud-of-kane")
    assert settings.told_engine() == "sc://[::1]:15002/"
    assert str(ProjectError("no rosebud-of-kane")) == "no ***"
