"""Leaves of a plan that are not tables of the lake: views, SQL, and data from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.lineage.combine import laid_out
from clearwell.lineage.expressions import sources_of
from clearwell.lineage.sources import HIDDEN, NOTHING, Column, merged
from clearwell.lineage.walk import Opaque

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.lineage.walk import Walk

__all__ = ["LEAVES"]


def _local(walk: Walk, relation: Any, node: Any) -> list[Column]:
    """Rows sent by the client: their origin is unknown. An empty relation has no sources."""
    if not node.data:
        return [Column(name, NOTHING) for name in walk.names(relation)]
    return _sent_before(walk, relation, node)


def _sent_before(walk: Walk, relation: Any, _: Any) -> list[Column]:
    walk.reason("rows created in Python (createDataFrame)")
    return [Column(name, HIDDEN) for name in walk.names(relation)]


def _range(_: Walk, __: Any, ___: Any) -> list[Column]:
    return [Column("id")]


def _checkpoint(walk: Walk, _: Any, node: Any) -> list[Column]:
    if (found := walk.checkpoint(node.relation_id)) is None:
        raise Opaque("a frame cached by the engine before the transform began")
    return list(found)


def _read(walk: Walk, _: Any, node: Any) -> list[Column]:
    if not node.HasField("named_table"):
        raise Opaque("files that the transform reads itself")
    return list(walk.table(node.named_table.unparsed_identifier))


def _sql(walk: Walk, relation: Any, node: Any) -> list[Column]:
    from clearwell.lineage.sql.queries import query_items, tables_in

    try:
        return laid_out(walk, relation, query_items(walk, node.query, walk.outer))
    except Opaque as error:
        walk.reason(str(error))
        sources = walk.blurred(tables_in(walk, node.query))
        return [Column(name, sources) for name in walk.names(relation)]


def _user_table_function(walk: Walk, relation: Any, node: Any) -> list[Column]:
    found = merged(sources_of(walk, argument, walk.scope(())) for argument in node.arguments)
    sources = walk.blurred([Column("", found)])
    walk.reason(f"the table function {node.function_name} hides which of its arguments a column comes from")
    return [Column(name, sources) for name in walk.names(relation)]


LEAVES: dict[str | None, Callable[[Walk, Any, Any], list[Column]]] = {
    "sql": _sql,
    "read": _read,
    "local_relation": _local,
    "cached_local_relation": _sent_before,
    "chunked_cached_local_relation": _sent_before,
    "cached_remote_relation": _checkpoint,
    "range": _range,
    "common_inline_user_defined_table_function": _user_table_function,
}
"""The supported kinds of leaves, by their names in the protocol."""
