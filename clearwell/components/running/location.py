"""A project's definitions: its components, and their common lake, executor and job."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.loading import loading
from clearwell.components.quiet import quiet_dagster
from clearwell.components.running.alerts import alert_sensor
from clearwell.components.running.resources import LAKE, lake_resource
from clearwell.errors import ClearwellError, ProjectError
from clearwell.project.code_hash import find_module
from clearwell.project.component_types import COMPONENTS, type_of
from clearwell.project.load import PIPELINES
from clearwell.project.transforms import forget_stale, load_code

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from clearwell.components.running.record import RunRecord
    from clearwell.engines import Engine
    from clearwell.project.load import Project

__all__ = ["JOB", "load_definitions"]

JOB = "clearwell_lake"
"""The job of every asset of a project."""


def load_definitions(
    project: Project, record: RunRecord | None = None, engine: Engine | None = None
) -> dg.Definitions:
    """The definitions of ``project``: those of its YAML, and those of its own Python code.

    Steps of one run share a process, and so one engine; several runs may run at the same time. ``record``
    collects the results of the steps, for a caller that runs them itself and may have an ``engine`` open.

    Raises:
        ProjectError: a component, one of its overrides, or Python code in `pipelines/` cannot be loaded.
    """
    package = _pipelines(project)
    try:
        tree = dg.ComponentTree.from_module(package, project.root)
        with loading(project), quiet_dagster():
            components = tree.build_defs()
        definitions = dg.Definitions.merge(components, _shared(project, record, engine))
        definitions.resolve_asset_graph()  # finds conflicts, such as a name used twice
    except Exception as error:
        cause = _cause(error)
        if isinstance(cause, ClearwellError):
            raise cause from None
        raise ProjectError(
            f"Dagster cannot load it: {type(cause).__name__}: {cause}",
            place=str(project.root / PIPELINES),
            hint="`dg check defs --verbose` shows details",
        ) from error
    return definitions


def _shared(project: Project, record: RunRecord | None, engine: Engine | None) -> dg.Definitions:
    everything = dg.define_asset_job(
        JOB, selection=dg.AssetSelection.all(), description="Bring the whole lake up to date."
    )
    return dg.Definitions(
        resources={LAKE: lake_resource(project, record, engine)},
        executor=dg.in_process_executor,
        jobs=[everything],
        sensors=[alert_sensor(project.settings)],
    )


def _cause(error: BaseException) -> BaseException:
    """Clearwell's own error behind ``error``, or else the root cause; Dagster wraps it."""
    while error.__cause__ is not None and not isinstance(error, ClearwellError):
        error = error.__cause__
    return error


def _pipelines(project: Project) -> ModuleType:
    """The package `pipelines` of ``project``, with the components that it extends imported as they are now.

    Raises:
        ProjectError: the code of such a component cannot be imported; the place is its line.
    """
    root, own = project.root, dict[str, str]()
    for document in project.documents.values():
        type = type_of(document, root)
        module, _, name = type.rpartition(".")
        if type not in COMPONENTS and find_module(module, root):  # else it is an installed package's
            own[f"{module}:{name}"] = document.place("type")
    for ref, place in own.items():
        forget_stale(ref, root, place=place)
    package = _package(root)
    with quiet_dagster():
        for ref, place in own.items():
            load_code(ref, root, place=place)
    return package


def _package(root: Path) -> ModuleType:
    """The package `pipelines` of the project at ``root``, whatever else of that name can be imported."""
    folder = root / PIPELINES
    module = sys.modules.get(PIPELINES)
    if module is not None and list(module.__path__) == [os.fspath(folder)]:
        return module
    for name in [name for name in sys.modules if name.partition(".")[0] == PIPELINES]:
        del sys.modules[name]  # another project's
    if os.fspath(root) not in sys.path:
        sys.path.insert(0, os.fspath(root))
    spec = ModuleSpec(PIPELINES, None, is_package=True)
    if (file := folder / "__init__.py").is_file():
        spec = spec_from_file_location(PIPELINES, file, submodule_search_locations=[]) or spec
    spec.submodule_search_locations = [os.fspath(folder)]
    sys.modules[PIPELINES] = module = module_from_spec(spec)
    if spec.loader is not None:
        spec.loader.exec_module(module)
    return module
