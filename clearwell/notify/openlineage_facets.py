"""Facets of OpenLineage datasets: the facts of a table, and its column lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.names import is_url
from clearwell.quality import is_personal
from clearwell.stores import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openlineage.client.facet_v2 import (
        DatasetFacet,
        column_lineage_dataset,
        data_quality_assertions_dataset,
    )

    from clearwell.model import CheckResult, Edge
    from clearwell.notify.openlineage_facts import DataFacts

__all__ = ["assertion", "column_lineage_facet", "dataset_facets", "located"]

_FILES = "file"

_SEVERITY = {"critical": "error", "warning": "warn", "info": "info"}


def located(path: str) -> tuple[str, str]:
    """Namespace and name for ``path``: ``file`` and the path, or the bucket and the key."""
    return split(path) if is_url(path) else (_FILES, path)


def dataset_facets(data: DataFacts) -> dict[str, DatasetFacet]:
    """The facets of any dataset, for the known facts."""
    from openlineage.client.facet_v2 import (
        dataset_version_dataset,
        documentation_dataset,
        ownership_dataset,
        schema_dataset,
        storage_dataset,
        symlinks_dataset,
        tags_dataset,
    )

    link = symlinks_dataset.Identifier(
        namespace="clearwell", name=data.name, type="TABLE" if data.storage == "delta" else "LOCATION"
    )
    facets: dict[str, DatasetFacet] = {"symlinks": symlinks_dataset.SymlinksDatasetFacet([link])}
    if data.columns:
        facets["schema"] = schema_dataset.SchemaDatasetFacet(
            [schema_dataset.SchemaDatasetFacetFields(n, t, fields=None) for n, t in data.columns]
        )
    if data.version is not None:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(data.version)
    if data.storage or data.file_format:
        facets["storage"] = storage_dataset.StorageDatasetFacet(
            storageLayer=data.storage or "file", fileFormat=data.file_format
        )
    if data.description:
        facets["documentation"] = documentation_dataset.DocumentationDatasetFacet(data.description)
    if data.owners:
        owners = [ownership_dataset.Owner(name=owner, type="OWNER") for owner in data.owners]
        facets["ownership"] = ownership_dataset.OwnershipDatasetFacet(owners)
    tag = tags_dataset.TagsDatasetFacetFields
    tags = [tag(key, value, source="CLEARWELL") for key, value in sorted(data.tags.items())]
    known = [name for name, _ in data.columns if is_personal(name, data.personal)]
    tags += [tag("personal", "true", source="CLEARWELL", field=name) for name in known]
    if tags:
        facets["tags"] = tags_dataset.TagsDatasetFacet(tags)
    return facets


def column_lineage_facet(
    edges: Iterable[Edge], paths: Mapping[str, str]
) -> column_lineage_dataset.ColumnLineageDatasetFacet | None:
    """The direct sources of each column, and the indirect ones of the whole table.

    A column without source columns has no input field; one whose origin is hidden is left out.
    """
    from openlineage.client.facet_v2 import column_lineage_dataset as lineage

    direct: dict[str, dict[tuple[str, str], list[Edge]]] = {}
    indirect: dict[tuple[str, str], list[Edge]] = {}
    for edge in sorted(set(edges)):
        if edge.is_direct and edge.source in paths:
            sources = direct.setdefault(edge.column, {})
            sources.setdefault((edge.source, edge.source_column), []).append(edge)
        elif edge.column and not edge.source and edge.subtype == "CONSTANT":
            direct.setdefault(edge.column, {})
        elif not edge.column and edge.source in paths:
            indirect.setdefault((edge.source, edge.source_column), []).append(edge)
    if not direct and not indirect:
        return None

    def fields(found: dict[tuple[str, str], list[Edge]]) -> list[lineage.InputField]:
        return [
            lineage.InputField(*located(paths[source]), column, [_transformation(edge) for edge in edges])
            for (source, column), edges in found.items()
        ]

    columns = {column: lineage.Fields(fields(found)) for column, found in direct.items()}
    return lineage.ColumnLineageDatasetFacet(columns, fields(indirect))


def assertion(check: CheckResult, columns: Mapping[str, str]) -> data_quality_assertions_dataset.Assertion:
    """The result of a check, without the observed value: a maximum is a value of some row."""
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality

    counted = check.unexpected_count is not None and check.element_count is not None
    return quality.Assertion(
        assertion=check.expectation,
        success=check.success,
        column=columns.get(check.name),
        severity=_SEVERITY[str(check.severity)],
        name=check.name,
        description=check.why,
        actual=f"{check.unexpected_count} of {check.element_count} rows fail" if counted else None,
        params=None,
    )


def _transformation(edge: Edge) -> column_lineage_dataset.Transformation:
    from openlineage.client.facet_v2 import column_lineage_dataset as lineage

    said = "blurred: the plan does not say which of its inputs" if edge.blurred else None
    kind = "DIRECT" if edge.is_direct else "INDIRECT"
    return lineage.Transformation(kind, edge.subtype, said, masking=False)
