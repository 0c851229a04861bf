"""The links of an asset's page: to the pages that a run writes into LAKE/reports, and to the code.

The pages are linked if a server publishes them (`pages_url`; `clearwell ui` serves them itself), else their
path is given. They are written by the project's report, so a project without one has no links.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.quiet import quiet_dagster
from clearwell.names import REPORTS
from clearwell.project.specs import CuratedSpec, ReportsSpec, TableSpec

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.project.load import Project
    from clearwell.project.specs import Spec

__all__ = ["code_references", "page_link", "page_links", "reference", "report_page"]

LINEAGE = "lineage.html"


def report_page(spec: ReportsSpec) -> str:
    """The page of a report, relative to LAKE/reports."""
    return f"{spec.name.replace('_', '-')}.html"


def page_links(project: Project, spec: Spec, name: str) -> dict[str, Any]:
    """The pages of the asset ``name``: its data, the sources of its columns, its cost."""
    reports = [report_page(found) for found in project.reports.values()]
    if not reports:
        return {}
    if isinstance(spec, ReportsSpec):
        return {"report": page_link(project, report_page(spec)), "lineage": page_link(project, LINEAGE)}
    links: dict[str, Any] = {}
    if name in project.produced:
        links["data docs"] = page_link(project, f"tables/{name}.html")
    links["lineage"] = page_link(project, f"{LINEAGE}#{name}")
    if not name.startswith("raw_"):  # raw files cost this lake nothing
        links["storage cost"] = page_link(project, reports[0])
    return links


def page_link(project: Project, page: str) -> Any:
    """A page of LAKE/reports: its address where it is served, else its path."""
    settings = project.settings
    if settings.pages_url:
        return dg.MetadataValue.url(f"{settings.pages_url}/{page}")
    return dg.MetadataValue.path(str(settings.lake / REPORTS / page.partition("#")[0]))


def code_references(project: Project, spec: Spec, name: str) -> dict[str, Any]:
    """The lines that compute an asset: of its transform and of its suite. Dagster adds that of its YAML."""
    if not isinstance(spec, TableSpec | CuratedSpec):
        return {}
    if isinstance(spec, TableSpec) and name != str(spec.silver_table):
        return {}
    references: list[Any] = []
    ref, _, _ = project.transform_of(spec)
    if found := _function(project.root, ref):
        references.append(reference(*found, label=ref))
    if (suite := project.suite(spec)) and suite.is_file():
        references.append(reference(suite, 1, label=f"checks: {suite.stem}"))
    with quiet_dagster():
        return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=references)}


def reference(file: Path, line: int, *, label: str) -> dg.LocalFileCodeReference:
    """A line of a file, for Dagster's link to an editor."""
    with quiet_dagster():
        return dg.LocalFileCodeReference(file_path=str(file), line_number=line, label=label)


def _function(root: Path, ref: str) -> tuple[Path, int] | None:
    """File and line of the function ``module:name``, without importing it; None if it is elsewhere."""
    module, _, name = ref.partition(":")
    base = root.joinpath(*module.split("."))
    for file in (base / "__init__.py", base.with_name(f"{base.name}.py")):
        if file.is_file():
            tree = ast.parse(file.read_bytes())
            lines = (n.lineno for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
            return file, next(lines, 1)
    return None
