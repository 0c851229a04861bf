"""The command line in a process forked from one that has imported it: 5 CPU seconds less than a new one.

Its embedded engine is a session of a server that already runs. What a user sees is the same; a test about
starting, ending or importing uses ``python -m clearwell.cli``.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.services.forks import Ended, Forked
from tests.services.lent import LAUNCH, LAUNCH_SPARK, SAIL, launch_at, launch_spark_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["run_command"]


def run_command(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    own_engine: bool = False,
    spark: tuple[int, str] | None = None,
) -> Ended:
    """What `clearwell ARGUMENTS...` in the folder ``cwd`` came to.

    Args:
        own_engine: Whether its embedded engine is a process of its own.
        spark: The port and the token of the local Spark that it uses; None: it starts one.
    """
    port = None if own_engine else SAIL.port(environment)
    return Forked(_run, tuple(arguments), str(cwd), port, spark, environment=environment).end(seconds=300)


def _run(arguments: Sequence[str], cwd: str, port: int | None, spark: tuple[int, str] | None) -> None:
    os.chdir(cwd)
    sys.path.insert(0, cwd)  # as `python -m` does
    sys.argv = ["clearwell", *arguments]
    sys.stdin = open(os.devnull)  # noqa: SIM115 - for as long as the process lives
    if port is not None:
        pytest.MonkeyPatch().setattr(LAUNCH, launch_at(lambda: port))
    if spark is not None:
        pytest.MonkeyPatch().setattr(LAUNCH_SPARK, launch_spark_at(*spark))
    from clearwell.cli import main

    try:
        code = main(arguments)
    finally:
        atexit._run_exitfuncs()  # a forked process runs none by itself
    sys.exit(code)
