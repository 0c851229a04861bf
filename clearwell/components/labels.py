"""How a spec's words stand on Dagster's pages: description, owners, tags, kinds, group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.flow.specs import Spec

__all__ = ["asset_spec"]


def asset_spec(
    spec: Spec,
    name: str,
    *,
    what: str,
    kinds: Iterable[str],
    group: str,
    deps: Iterable[str] = (),
    code_version: str | None = None,
) -> dg.AssetSpec:
    """The asset ``name`` of ``spec``; ``what`` ends its description.

    A key is one part, zone first: the graph shows only a key's last part.
    """
    return dg.AssetSpec(
        name,
        deps=[dg.AssetKey(dep) for dep in deps],
        description=" ".join(part for part in (spec.description, what) if part),
        owners=list(spec.owners),
        tags=dict(spec.tags),
        kinds=set(kinds),
        group_name=group,
        code_version=code_version,
        metadata={"license": spec.license} if spec.license else None,
    )
