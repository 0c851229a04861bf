"""The code location: Dagster's pages, its daemon and `dg` load it for the project in the working directory.

    [tool.dg.project]
    root_module = "pipelines"
    defs_module = "pipelines"
    code_location_target_module = "clearwell.definitions"
    registry_modules = ["clearwell.components"]

`clearwell run` builds the same definitions, so a run started from the pages does the same.
"""

from __future__ import annotations

import dagster as dg

from clearwell.api import load_project
from clearwell.components.running.location import load_definitions

__all__ = ["defs"]


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the project found from the working directory."""
    return load_definitions(load_project())
