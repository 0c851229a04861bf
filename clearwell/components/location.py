"""A project's definitions: its components, and what all of them share: lake, executor, the job of everything."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.base import loading
from clearwell.components.resources import LAKE, lake_resource
from clearwell.errors import ClearwellError, ProjectError
from clearwell.flow.project import PIPELINES

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from clearwell.flow.project import Project

__all__ = ["JOB", "load_definitions"]

JOB = "clearwell_lake"
"""The job of every asset of a project."""


def load_definitions(project: Project) -> dg.Definitions:
    """The definitions of ``project``: those of its YAML, and those that it brings of its own.

    Steps of one run share a process, and so one engine; runs go on beside each other.

    Raises:
        ProjectError: a component, or Python code in `pipelines/`, cannot be loaded.
    """
    try:
        tree = dg.ComponentTree.from_module(_pipelines(project.root), project.root)
        with loading(project), warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)  # Dagster's own, of how it reads a folder
            components = tree.build_defs()
        definitions = dg.Definitions.merge(components, _shared(project))
        definitions.resolve_asset_graph()  # finds what does not fit together, such as a name used twice
    except Exception as error:
        if (ours := _ours(error)) is not None:
            raise ours from None
        raise ProjectError(
            f"Dagster cannot load it: {type(error).__name__}: {error}",
            place=str(project.root / PIPELINES),
            hint="`dg check defs --verbose` says more",
        ) from error
    return definitions


def _shared(project: Project) -> dg.Definitions:
    everything = dg.define_asset_job(
        JOB, selection=dg.AssetSelection.all(), description="Bring the whole lake up to date."
    )
    return dg.Definitions(
        resources={LAKE: lake_resource(project)}, executor=dg.in_process_executor, jobs=[everything]
    )


def _ours(error: BaseException | None) -> ClearwellError | None:
    """Clearwell's own error behind ``error``, which Dagster wraps in where it was in the tree."""
    while error is not None and not isinstance(error, ClearwellError):
        error = error.__cause__
    return error


def _pipelines(root: Path) -> ModuleType:
    """The package `pipelines` of the project at ``root``, also after another project's was loaded."""
    folder = os.fspath(root)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = sys.modules.get(PIPELINES)
    if module is not None and os.fspath(root / PIPELINES) not in [os.path.abspath(p) for p in module.__path__]:
        for name in [name for name in sys.modules if name.partition(".")[0] == PIPELINES]:
            del sys.modules[name]
        sys.path.remove(folder)
        sys.path.insert(0, folder)
    importlib.invalidate_caches()
    return importlib.import_module(PIPELINES)
