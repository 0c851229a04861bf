"""Dagster's description of all installed component types, made once for a process and its copies.

Dagster makes it anew, for its pages, each time a project is loaded: 0.2 CPU seconds, and tests load hundreds.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster.components.core import load_defs

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["describe_once", "described"]

_MAKE: Callable[[Any], dg.Definitions] = load_defs.get_library_json_enriched_defs


@functools.cache
def described() -> dict[str, Any]:
    """The description, as metadata of definitions."""
    return dict(_MAKE(None).metadata or {})


def describe_once() -> None:
    """From now on definitions that are loaded in this process share one description."""
    load_defs.get_library_json_enriched_defs = lambda tree: dg.Definitions(
        metadata=described(), component_tree=tree
    )
