"""How each kind of relation transforms the columns of its inputs.

Kinds that are not listed here are blurred by the walk, including all that run user code over rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clearwell.lineage.combine import joined, laid_out, united
from clearwell.lineage.expressions import items_of, sources_of
from clearwell.lineage.sources import (
    AGGREGATION,
    NOTHING,
    TRANSFORMATION,
    Column,
    Item,
    Sources,
    Touch,
    merged,
)
from clearwell.lineage.walk import Opaque

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearwell.lineage.walk import Walk

    Relation = Callable[[Walk, Any, Any, Sequence[Sequence[Column]]], list[Column]]
    Inputs = Sequence[Sequence[Column]]

__all__ = ["RELATIONS"]


def _filter(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    walk.influence("FILTER", sources_of(walk, node.condition, walk.scope(inputs[0])))
    return list(inputs[0])


def _sort(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    for part in node.order:
        walk.influence("SORT", sources_of(walk, part.child, walk.scope(inputs[0])))
    return list(inputs[0])


def _deduplicate(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    keys = inputs[0] if node.all_columns_as_keys else _picked(inputs[0], node.column_names)
    walk.influence("GROUP_BY", merged(column.sources for column in keys))
    return list(inputs[0])


def _drop_na(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    judged = _picked(inputs[0], node.cols) if node.cols else inputs[0]
    walk.influence("FILTER", merged(column.sources for column in judged))
    return list(inputs[0])


def _sample_by(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    walk.influence("FILTER", sources_of(walk, node.col, walk.scope(inputs[0])))
    return list(inputs[0])


def _as_it_is(_: Walk, __: Any, ___: Any, inputs: Inputs) -> list[Column]:
    return list(inputs[0])


def _filled(_: Walk, __: Any, node: Any, inputs: Inputs) -> list[Column]:
    filled = {c.attribute for c in (_picked(inputs[0], node.cols) if node.cols else inputs[0])}
    return [
        Column(c.name, merged([c.sources], TRANSFORMATION)) if c.attribute in filled else c for c in inputs[0]
    ]


def _alias(_: Walk, __: Any, node: Any, inputs: Inputs) -> list[Column]:
    return [replace(column, aliases=frozenset({node.alias.lower()})) for column in inputs[0]]


def _to_df(_: Walk, __: Any, node: Any, inputs: Inputs) -> list[Column]:
    if len(node.column_names) != len(inputs[0]):
        raise Opaque("toDF with a different number of names")
    return [Column(name, c.sources) for name, c in zip(node.column_names, inputs[0], strict=True)]


def _to_schema(_: Walk, __: Any, node: Any, inputs: Inputs) -> list[Column]:
    found = {column.name.lower(): column.sources for column in inputs[0]}
    return [
        Column(f.name, merged([found.get(f.name.lower(), NOTHING)], TRANSFORMATION))
        for f in node.schema.struct.fields
    ]


def _renamed(_: Walk, __: Any, node: Any, inputs: Inputs) -> list[Column]:
    names = {old.lower(): new for old, new in node.rename_columns_map.items()}
    names |= {part.col_name.lower(): part.new_col_name for part in node.renames}
    return [Column(names[c.name.lower()], c.sources) if c.name.lower() in names else c for c in inputs[0]]


def _drop(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    names = {name.lower() for name in node.column_names}
    gone: set[int] = set()
    for expression in node.columns:
        gone |= {c.attribute for c in items_of(walk, expression, walk.scope(inputs[0])).columns}
    return [c for c in inputs[0] if c.name.lower() not in names and c.attribute not in gone]


def _project(walk: Walk, relation: Any, node: Any, inputs: Inputs) -> list[Column]:
    scope = walk.scope(inputs[0] if inputs else ())
    return laid_out(walk, relation, [items_of(walk, e, scope) for e in node.expressions])


def _with_columns(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    scope = walk.scope(inputs[0])
    columns = list(inputs[0])
    for alias in node.aliases:
        made = Column(alias.name[0], sources_of(walk, alias.expr, scope))
        same = [n for n, c in enumerate(columns) if c.name.lower() == made.name.lower()]
        for position in same:
            columns[position] = made
        if not same:
            columns.append(made)
    return columns


def _aggregate(walk: Walk, relation: Any, node: Any, inputs: Inputs) -> list[Column]:
    scope = walk.scope(inputs[0])
    keys = [items_of(walk, expression, scope) for expression in node.grouping_expressions]
    grouped = merged(c.sources for item in keys for c in item.columns)
    for expression in (e for group in node.grouping_sets for e in group.grouping_set):
        walk.influence("GROUP_BY", sources_of(walk, expression, scope))
    walk.influence("GROUP_BY", grouped)
    values = [items_of(walk, expression, scope) for expression in node.aggregate_expressions]
    values = [replace(i, columns=tuple(_aggregated(c, grouped) for c in i.columns)) for i in values]
    if node.group_type != node.GROUP_TYPE_PIVOT:
        return laid_out(walk, relation, [*keys, *values])
    walk.influence("GROUP_BY", sources_of(walk, node.pivot.col, scope))
    first = [column for item in keys for column in item.columns]
    names = walk.names(relation)
    made = [column for item in values for column in item.columns]
    count = len(names) - len(first)
    if count % len(made):
        raise Opaque("a pivot with an unknown number of columns")
    return [
        *(replace(column, name=name) for column, name in zip(first, names[: len(first)], strict=True)),
        *(Column(name, made[n % len(made)].sources) for n, name in enumerate(names[len(first) :])),
    ]


def _aggregated(column: Column, grouped: Sources) -> Column:
    """Non-key expressions are computed over many rows, whatever the function's name."""
    touched = {
        place: touch if place in grouped.touched else Touch(AGGREGATION, touch.blurred)
        for place, touch in column.sources.touched.items()
    }
    return replace(column, sources=Sources(touched, column.sources.hidden))


def _join(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    left, right = inputs
    if node.join_data_type.is_left_struct or node.join_data_type.is_right_struct:
        raise Opaque("a join that makes structs")
    kinds = {
        node.JOIN_TYPE_INNER: "inner",
        node.JOIN_TYPE_CROSS: "cross",
        node.JOIN_TYPE_LEFT_OUTER: "left",
        node.JOIN_TYPE_RIGHT_OUTER: "right",
        node.JOIN_TYPE_FULL_OUTER: "full",
        node.JOIN_TYPE_LEFT_SEMI: "semi",
        node.JOIN_TYPE_LEFT_ANTI: "anti",
    }
    kind = kinds.get(node.join_type, "inner")
    condition = None
    if node.HasField("join_condition"):
        condition = sources_of(walk, node.join_condition, walk.scope([*left, *right]))
    return joined(walk, left, right, kind, using=list(node.using_columns), condition=condition)


def _set_operation(walk: Walk, _: Any, node: Any, inputs: Inputs) -> list[Column]:
    left, right = inputs
    if node.set_op_type == node.SET_OP_TYPE_UNION:
        return united(left, right, by_name=node.by_name)
    walk.influence("FILTER", merged(column.sources for column in right))
    return list(left)


def _unpivot(walk: Walk, relation: Any, node: Any, inputs: Inputs) -> list[Column]:
    scope = walk.scope(inputs[0])
    ids = [c for e in node.ids for c in items_of(walk, e, scope).columns]
    if node.HasField("values"):
        values = [c for e in node.values.values for c in items_of(walk, e, scope).columns]
    else:
        kept = {column.name.lower() for column in ids}
        values = [c for c in inputs[0] if c.name.lower() not in kept]
    value = merged((c.sources for c in values), TRANSFORMATION)
    items = [*ids, Column(node.variable_column_name), Column(node.value_column_name, value)]
    return laid_out(walk, relation, [Item(tuple(items))])


def _with_relations(_: Walk, __: Any, ___: Any, inputs: Inputs) -> list[Column]:
    return list(inputs[0])


def _picked(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    low = {name.lower() for name in names}
    return [column for column in columns if column.name.lower() in low]


RELATIONS: dict[str | None, Relation] = {
    "project": _project,
    "filter": _filter,
    "join": _join,
    "set_op": _set_operation,
    "sort": _sort,
    "aggregate": _aggregate,
    "deduplicate": _deduplicate,
    "subquery_alias": _alias,
    "to_df": _to_df,
    "to_schema": _to_schema,
    "with_columns": _with_columns,
    "with_columns_renamed": _renamed,
    "with_relations": _with_relations,
    "drop": _drop,
    "drop_na": _drop_na,
    "fill_na": _filled,
    "replace": _filled,
    "sample_by": _sample_by,
    "unpivot": _unpivot,
    **dict.fromkeys(
        [
            "limit",
            "offset",
            "tail",
            "sample",
            "repartition",
            "repartition_by_expression",
            "hint",
            "with_watermark",
            "collect_metrics",
        ],
        _as_it_is,
    ),
}
"""The supported kinds of relations, by their names in the protocol."""
