"""Make the recipe of a release from a table's spec; a mismatch is refused at `file:line`.

An inference dataset has exactly the features of the training dataset that it names with ``like``: those that
the training spec selects from the current version of its own table. So the order of the two releases does not
matter, nor whether the other one exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.datasets import can_be_key
from clearwell.errors import DatasetError, TableNotFound, did_you_mean
from clearwell.names import PROVENANCE
from clearwell.publishing.inference import InferenceRecipe
from clearwell.publishing.splits import ByGroup, ByTime, split_by_group, split_value
from clearwell.publishing.training import TrainingRecipe
from clearwell.quality import is_personal
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clearwell.project.load import Project
    from clearwell.project.specs import DatasetSpec, SplitSpec
    from clearwell.tables import Lake, Snapshot

__all__ = ["allowed_personal", "inference_recipe", "training_recipe"]

_LINEAGE = ("_file_id", "_record_no")


def training_recipe(project: Project, spec: DatasetSpec, snapshot: Snapshot) -> TrainingRecipe:
    """The recipe of a training dataset.

    Raises:
        DatasetError: the table lacks what the spec names.
    """
    assert spec.label is not None and spec.split is not None  # noqa: S101, PT018 - of a training dataset
    schema = snapshot.schema
    asked = [("label", spec.label), ("split", spec.split.column), *(("exclude", n) for n in spec.exclude)]
    _require_columns(project, spec, schema, asked)
    kept = _kept(schema, spec)
    if spec.label in PROVENANCE or len(kept) < 2:
        raise DatasetError(
            f"{spec.label!r} is a column of provenance"
            if spec.label in PROVENANCE
            else "only the label remains",
            place=project.place(spec, "label"),
            hint=f"{spec.from_table} must have the label and at least one more column",
        )
    return TrainingRecipe(
        table=spec.from_table,
        place=project.place(spec),
        schema=_released(kept),
        label=spec.label,
        forbidden=frozenset([*spec.exclude, *PROVENANCE]),
        split=_division(spec.split, schema, project.place(spec, "split")),
        formats=tuple(dict.fromkeys(spec.formats)),
        lineage=_lineage(schema),
    )


def inference_recipe(
    project: Project, lake: Lake, spec: DatasetSpec, snapshot: Snapshot, *, features: Sequence[str] = ()
) -> InferenceRecipe:
    """The recipe of an inference dataset; its ``features`` are known if it was released before.

    Raises:
        DatasetError: the table lacks what the spec names, or has other features than the training dataset.
    """
    schema = snapshot.schema
    asked = [*(("key", n) for n in spec.key), *(("exclude", n) for n in spec.exclude)]
    asked += [("latest_by", spec.latest_by)] if spec.latest_by else []
    _require_columns(project, spec, schema, asked)
    for name in spec.key:
        if name in PROVENANCE or not can_be_key(schema.field(name).type):
            kind = "a column of provenance" if name in PROVENANCE else type_name(schema.field(name).type)
            raise DatasetError(
                f"{name!r} is {kind}: it cannot be part of a key",
                place=project.place(spec, "key"),
                hint="a key may have strings, integers, decimals, dates, times, booleans or bytes",
            )
    if spec.latest_by:
        _require_order(schema.field(spec.latest_by), project.place(spec, "latest_by"))
    kept = _kept(schema, spec)
    features = tuple(features) or _same_features(project, lake, spec, kept)
    return InferenceRecipe(
        table=spec.from_table,
        place=project.place(spec),
        schema=_released(kept),
        features=features,
        key=spec.key,
        latest_by=spec.latest_by,
        forbidden=frozenset([*spec.exclude, *PROVENANCE]),
        formats=tuple(dict.fromkeys(spec.formats)),
        lineage=_lineage(schema),
    )


def allowed_personal(
    project: Project, spec: DatasetSpec, schema: pa.Schema, personal: Collection[str]
) -> dict[str, str]:
    """The columns of a release that are personal, each with the reason of its spec.

    Raises:
        DatasetError: one has no reason, or a reason is given for a column that is not released.
    """
    for name in spec.allow_personal:
        if name not in schema.names:
            raise DatasetError(
                f"allow_personal names {name!r}, which is no column of the release",
                place=project.place(spec, "allow_personal", name),
                hint=did_you_mean(name, schema.names) or f"its columns are {', '.join(schema.names)}",
            )
    found = [name for name in schema.names if is_personal(name, personal)]
    if refused := [name for name in found if name not in spec.allow_personal]:
        raise DatasetError(
            f"{', '.join(refused)} of {spec.from_table} would be released: personal, or derived from it",
            place=project.place(spec, "allow_personal"),
            hint=f"exclude: [{', '.join(refused)}]; or allow_personal: {{{refused[0]}: WHY}}; or, where it "
            f"holds nothing of it, derived: {{{refused[0]}: public}} at {spec.from_table}",
        )
    return {name: spec.allow_personal[name] for name in found}


def _same_features(
    project: Project, lake: Lake, spec: DatasetSpec, kept: Sequence[pa.Field[Any]]
) -> tuple[str, ...]:
    """The features of ``spec``, checked against the training dataset; the key need not be among them."""
    training = project.datasets[str(spec.like)]
    place = project.place(spec, "like")
    try:
        table = lake.existing(training.from_table)
    except TableNotFound as error:
        raise DatasetError(
            f"it must have the features of {training.name}, but {training.from_table} does not exist yet",
            place=place,
            hint=f"build it first: `clearwell run +{training.from_table}`",
        ) from error
    wanted = {f.name: f.type for f in _kept(table.schema, training) if f.name != training.label}
    have = {f.name: f.type for f in kept if f.name in wanted or f.name not in spec.key}
    if differing := _differences(have, wanted):
        label = f"; {training.label!r} is its label" if training.label in have else ""
        raise DatasetError(
            f"{spec.from_table} does not have the features of {training.name}: {differing}{label}",
            place=place,
            hint="make both tables with one function, or remove columns with exclude",
        )
    return tuple(have)


def _differences(have: dict[str, pa.DataType], wanted: dict[str, pa.DataType]) -> str:
    """The differences between two sets of columns; empty if they are the same."""
    said: list[str] = []
    if missing := [name for name in wanted if name not in have]:
        said.append(f"it lacks {', '.join(missing)}")
    if more := [name for name in have if name not in wanted]:
        said.append(f"it also has {', '.join(more)}")
    said += [
        f"{name} is {type_name(have[name])}, not {type_name(kind)}"
        for name, kind in wanted.items()
        if name in have and have[name] != kind
    ]
    if not said and (first := [pair for pair in zip(have, wanted, strict=True) if pair[0] != pair[1]]):
        said.append(f"the order differs: {first[0][0]} instead of {first[0][1]}")
    return "; ".join(said)


def _require_columns(
    project: Project, spec: DatasetSpec, schema: pa.Schema, asked: Sequence[tuple[str, str]]
) -> None:
    for key, name in asked:
        if name not in schema.names:
            raise DatasetError(
                f"{spec.from_table} has no column {name!r}",
                place=project.place(spec, key),
                hint=did_you_mean(name, schema.names) or f"columns: {', '.join(schema.names)}",
            )


def _require_order(field: pa.Field[Any], place: str) -> None:
    try:
        pc.less(pa.nulls(1, field.type), pa.nulls(1, field.type))
    except pa.ArrowNotImplementedError as error:
        raise DatasetError(
            f"{field.name!r} is {type_name(field.type)}: its values have no order",
            place=place,
            hint="use a time, a date or a number",
        ) from error


def _kept(schema: pa.Schema, spec: DatasetSpec) -> list[pa.Field[Any]]:
    """The columns that are released: not excluded, and no provenance."""
    return [field for field in schema if field.name not in {*spec.exclude, *PROVENANCE}]


def _released(fields: Sequence[pa.Field[Any]]) -> pa.Schema:
    """Without the column metadata of a table."""
    return pa.schema([pa.field(field.name, field.type, field.nullable) for field in fields])


def _lineage(schema: pa.Schema) -> tuple[str, ...]:
    return _LINEAGE if set(_LINEAGE) <= set(schema.names) else ()


def _division(split: SplitSpec, schema: pa.Schema, place: str) -> ByTime | ByGroup:
    column = split.column
    kind = schema.field(column).type
    if split.test_share is not None:
        return split_by_group(column, kind, split.test_share, place=place)
    return ByTime(column, split_value(split.test_from, kind, column=column, place=place))
