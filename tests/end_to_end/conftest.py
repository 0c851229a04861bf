"""The sample project in a folder of its own, run by the command line as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.cache import cache_of_its_own
from tests.services.command import run_command
from tests.services.shared import built_once

if TYPE_CHECKING:
    from tests.services.forks import Ended
    from tests.services.s3 import S3Server

ROOT = Path(__file__).parents[2]
FOLDERS = ("assets", "expectations", "pipelines", "sample_data")
STARTS_ANEW = {"TZ", "LANG", "LC_ALL"}
"""Variables that an interpreter reads when it starts."""


@dataclass(frozen=True)
class Sample:
    """A copy of the sample project, and the environment variables that its commands see beside ours.

    ``spark``: the port and the token of the local Spark that its commands use; None: each starts one.
    """

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    spark: tuple[int, str] | None = None
    folder: str = "lake"

    @property
    def lake(self) -> Path:
        return self.root / self.folder

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "clearwell.cli", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        return {
            **os.environ,
            "DAGSTER_HOME": str(self.root / "dagster_home"),
            "PYTHONPATH": path,
            **self.variables,
        }

    def finished(self, *arguments: str) -> Ended | subprocess.CompletedProcess[str]:
        """A command that has ended, well or not."""
        if not STARTS_ANEW & self.variables.keys():
            return run_command(arguments, cwd=self.root, environment=self.environment, spark=self.spark)
        return self.started(*arguments)

    def started(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same in a new interpreter with an engine of its own, as a shell starts it."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=self.root,
            env=self.environment,
        )

    def clearwell(self, *arguments: str, code: int = 0) -> str:
        """Standard output of a command, which must end with ``code``."""
        done = self.finished(*arguments)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        """The one JSON document that a listing prints."""
        return json.loads(self.clearwell(*arguments, "--json", code=code))


def copy_sample(root: Path) -> Sample:
    """The sample project at ``root``, with all its raw files."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root / "pyproject.toml")
    (root / "dagster_home").mkdir()
    shutil.copy(ROOT / "dagster_home" / "dagster.yaml", root / "dagster_home" / "dagster.yaml")
    return Sample(root)


@pytest.fixture(scope="session")
def hybrid(tmp_path_factory: pytest.TempPathFactory, s3_server: S3Server) -> Sample:
    """The sample project after a run, and then one of its profile ``hybrid``, with what opens the bucket."""
    s3_server.url("lake")
    root = ran_sample(tmp_path_factory).root
    variables = {**s3_server.environment, "CLEARWELL_CACHE": cache_of_its_own(root / "cache")}
    sample = Sample(root, variables=variables, folder="lake-hybrid")
    (sample.root / "summary.txt").write_text(sample.clearwell("run", "--profile", "hybrid"))
    return sample


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample project after one run. Tests only look at it, or run it again with nothing new."""
    return ran_sample(tmp_path_factory)


def ran_sample(factory: pytest.TempPathFactory) -> Sample:
    """A copy of the sample project after one run, which is made once for all test processes."""
    root = factory.mktemp("ran") / "sample"
    shutil.copytree(built_once(factory, "sample", _run_sample), root)
    return Sample(root)


def _run_sample(root: Path) -> None:
    done = copy_sample(root).started("run")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    (root / "summary.txt").write_text(done.stdout)
