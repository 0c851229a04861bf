"""A spec's fields on Dagster's pages: description, owners, tags, kinds, group, freshness, links.

Beside them are the links of an asset: the pages of its data, its lineage and its cost, the location of its
files, and the lines of YAML and code that make it (Dagster's own editor link opens them).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.display.links import code_references, page_links
from clearwell.names import RELEASES, TableName
from clearwell.project.specs import CuratedSpec, TableSpec
from clearwell.stores import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from clearwell.project.load import Project
    from clearwell.project.specs import Spec

__all__ = ["AssetProps", "asset_spec"]


@dataclass(frozen=True)
class AssetProps:
    """What an asset is made from: the argument of ``get_asset_spec``."""

    project: Project
    spec: Spec
    """The attributes of the YAML."""
    name: str
    """The asset's key, such as ``silver_orders``: one part, as the graph shows only a key's last part."""
    what: str
    """The end of its description."""
    kinds: Collection[str]
    group: str
    deps: Collection[str] = ()
    """The assets that it is made from, by name."""
    code_version: str | None = None


def asset_spec(props: AssetProps) -> dg.AssetSpec:
    """The asset as Clearwell describes it."""
    project, spec, name = props.project, props.spec, props.name
    links = page_links(project, spec, name)
    return dg.AssetSpec(
        name,
        deps=[dg.AssetKey(dep) for dep in props.deps],
        description=_description(spec, props.what, links),
        owners=list(spec.owners),
        tags=dict(spec.tags),
        kinds=set(props.kinds),
        group_name=props.group,
        code_version=props.code_version,
        freshness_policy=_freshness(spec) if name in project.produced else None,
        metadata={
            **links,
            **_place(project, name),
            **code_references(project, spec, name),
            **_retries(spec, made=name in project.produced),
            **({"license": spec.license} if spec.license else {}),
        },
    )


def _description(spec: Spec, what: str, links: Mapping[str, Any]) -> str:
    """The author's text, a generated sentence, and links: links at the bottom of a page are overlooked."""
    text = " ".join(part for part in (spec.description, what) if part)
    served = {name: link.value for name, link in links.items() if isinstance(link, dg.UrlMetadataValue)}
    where = " · ".join(f"[{name.capitalize()}]({url})" for name, url in served.items())
    return f"{text}\n\n{where}" if where else text


def _freshness(spec: Spec) -> dg.FreshnessPolicy | None:
    """How old a table may get; a run that finds nothing new also makes it fresh."""
    if not isinstance(spec, TableSpec | CuratedSpec) or spec.freshness is None:
        return None
    warn = spec.freshness.warn_after_hours
    return dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=spec.freshness.fail_after_hours),
        warn_window=timedelta(hours=warn) if warn is not None else None,
    )


def _retries(spec: Spec, *, made: bool) -> dict[str, Any]:
    """The retries in words, because the step requests them itself: Dagster knows no policy to show."""
    if not made or not isinstance(spec, TableSpec | CuratedSpec):
        return {}
    tries, seconds = spec.retries.max, spec.retries.delay_seconds
    if not tries:
        return {"retries": "none"}
    wait = f"after {seconds:g} s, then each time twice as long"
    return {"retries": f"up to {tries}, {wait}; only when the engine was lost or other writers won"}


def _place(project: Project, name: str) -> dict[str, Any]:
    """The location of a table or a release, as metadata that Dagster's pages show on top."""
    store = Store(project.settings.lake, project.settings.places)
    if name in project.datasets:
        return {"dagster/uri": store.uri(f"{RELEASES}/{name}")}
    if name not in project.produced:
        return {}
    return {
        "dagster/uri": store.uri(TableName.parse(name).path),
        "dagster/table_name": name,
        "dagster/storage_kind": "deltalake",
    }
