"""The project that components are loaded for: read once for all of them, or by each for itself."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from clearwell.project.load import Project, load_project
from clearwell.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Generator

    import dagster as dg

__all__ = ["loading", "project_of"]

_loading: ContextVar[Project | None] = ContextVar("clearwell_project", default=None)


@contextmanager
def loading(project: Project) -> Generator[None]:
    """Within the block, components of ``project`` use it instead of reading it again, each for itself."""
    token = _loading.set(project)
    try:
        yield
    finally:
        _loading.reset(token)


def project_of(context: dg.ComponentLoadContext) -> Project:
    """The project that a component is loaded for; raises ProjectError."""
    project = _loading.get()
    if project is not None and project.root == context.project_root:
        return project
    return load_project(load_settings(context.project_root))
