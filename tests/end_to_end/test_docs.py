"""What the documents tell a reader to type is typed here: commands, YAML, Python, on the sample project."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from clearwell.cli.app import app
from clearwell.project.documents import parse_document
from clearwell.quality import check_suite
from clearwell.reports import load_prices
from clearwell.settings import load_settings, profile_names
from clearwell.yaml_lines import read_yaml
from tests.end_to_end.conftest import ROOT, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _pytest.mark import ParameterSet

pytestmark = pytest.mark.slow

SUITES = ROOT / "docs" / "reference" / "suites.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), SUITES]
REFERENCE = sorted({*(ROOT / "docs" / "reference").glob("*.md")} - {SUITES})
A_PROJECT = ROOT / "docs" / "extending.md"
"""Its blocks are the files of one project: tests/components/test_extending.py runs them together."""
A_WALK = ROOT / "docs" / "guide.md"
"""Its blocks are taken in their order, in a new project: tests/end_to_end/test_guide.py."""
FULL, S3 = pytest.mark.full, pytest.mark.s3
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """(document, text) of each block in that language."""
    return [
        (document.name, text)
        for document in DOCUMENTS
        for kind, text in BLOCK.findall(document.read_text())
        if kind == language and (document != A_PROJECT or language == "bash")
        if document != A_WALK or language == "yaml"
    ]


def commands() -> Iterator[tuple[str, ...]]:
    for _, text in blocks("bash"):
        for line in text.splitlines():
            if words := shlex.split(line, comments=True):
                yield tuple(words)


CLEARWELL = sorted({words[1:] for words in commands() if words[0] == "clearwell"})


def test_every_command_is_one_of_ours() -> None:
    assert {words[0] for words in commands()} <= {"clearwell", "make"}
    assert len(CLEARWELL) > 5


NAMED = sorted(
    {
        (page.name, line.partition(" #")[0].strip())
        for page in [*DOCUMENTS, *REFERENCE]
        for line in re.findall(r"(?:^|`)clearwell ([^`\n]+)", page.read_text(), re.MULTILINE)
        if not line.startswith(("is ", "["))
    }
)


@pytest.mark.parametrize(("page", "line"), NAMED, ids=str)
def test_a_command_that_is_named_is_there_with_its_options(page: str, line: str) -> None:
    group = click.Context(app)
    name, command, rest = app.resolve_command(group, shlex.split(line))
    assert command is not None
    with click.Context(command, info_name=name, parent=group) as context:
        command.make_parser(context).parse_args(rest)


@pytest.fixture
def sample_for(request: pytest.FixtureRequest) -> Callable[[bool], Sample]:
    """The sample project: as it is run without a profile, or with the bucket that its profiles name."""
    return lambda in_bucket: request.getfixturevalue("hybrid" if in_bucket else "ran")


def asked(commands: Iterable[tuple[str, ...]]) -> list[ParameterSet]:
    """One variant a command; those of profiles need a bucket, and a project that is built in it."""
    return [
        pytest.param(words, id=" ".join(words), marks=[FULL, S3] if "--profile" in words else [])
        for words in commands
    ]


@pytest.mark.parametrize("arguments", asked(CLEARWELL))
def test_a_command_does_something(sample_for: Callable[[bool], Sample], arguments: tuple[str, ...]) -> None:
    assert sample_for("--profile" in arguments).clearwell(*arguments).strip()


def test_every_make_target_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = {words[1] for words in commands() if words[0] == "make"}
    for document in DOCUMENTS:
        named |= set(re.findall(r"`make ([a-z]+)", document.read_text()))
    assert {"demo", "test", "check"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize(("document", "text"), blocks("yaml"), ids=lambda value: str(value)[:20])
def test_a_pipeline_or_suite_can_be_loaded(tmp_path: Path, document: str, text: str) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(text)
    if text.startswith("currency:"):
        assert load_prices(file).expenses, document
        return
    if text.startswith("checks:"):
        assert check_suite(file) == [], document
        return
    for part in read_yaml(file):
        spec, problems = parse_document(part)
        assert problems == [], document
        assert spec is not None


@pytest.mark.parametrize(("document", "text"), blocks("toml"), ids=lambda value: str(value)[:20])
def test_settings_can_be_loaded(tmp_path: Path, document: str, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    names = profile_names(tmp_path)
    assert names, document
    for name in names:
        settings = load_settings(tmp_path, profile=name)
        assert settings.prices is not None
        assert (ROOT / settings.prices.relative_to(tmp_path)).is_file(), document


@pytest.mark.parametrize(
    ("document", "text"),
    [
        pytest.param(
            *block, id=f"{block[0]}-{block[1][:20]}", marks=[FULL, S3] if "s3://" in block[1] else []
        )
        for block in blocks("python")
    ],
)
def test_python_runs(sample_for: Callable[[bool], Sample], document: str, text: str) -> None:
    ran = sample_for("s3://" in text)
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ran.root,
        env=ran.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{document}: {done.stderr}"


@pytest.mark.parametrize("document", [*DOCUMENTS, *REFERENCE], ids=lambda document: document.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target
