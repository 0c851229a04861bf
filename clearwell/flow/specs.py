"""What a project's YAML says, as frozen models: one class for each kind of component.

The same classes are the schema that Dagster's pages show and that `clearwell check` reads, so every
field says what it is for. A model refuses unknown keys, names that cannot name a table, and settings
that contradict each other (`mode: append` with a `key`). It does not look outside itself: whether an
input, a file or a function exists is asked by `clearwell.flow.project` and `clearwell.flow.checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from clearwell.flow.fields import (
    Columns,
    Cron,
    InputTable,
    Moment,
    Name,
    Owner,
    TransformRef,
    distinct,
    refuse,
)
from clearwell.names import TableName, Zone

if TYPE_CHECKING:
    from clearwell.sources import SourceSpec

__all__ = [
    "CuratedSpec",
    "DatasetSpec",
    "DriftModel",
    "ReportsSpec",
    "SilverSpec",
    "SourceModel",
    "Spec",
    "SplitSpec",
    "TableSpec",
    "WriteSpec",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DriftModel(_Model):
    """What happens when the columns of new files differ from the table's."""

    new_column: Literal["evolve", "reject"] = Field(
        default="evolve",
        description="A column the table does not have: add it to the table, or refuse the file.",
    )
    missing_column: Annotated[
        Literal["null", "reject"], BeforeValidator(lambda value: "null" if value is None else value)
    ] = Field(
        default="null", description="A column the file does not have: read it as NULL, or refuse the file."
    )


class SourceModel(_Model):
    """Where raw files arrive, and how they are read."""

    path: str = Field(description='Files to take: a glob relative to the project, "raw/flights/*.csv".')
    format: Literal["csv", "jsonl", "parquet", "text"] = Field(description="How the files are written.")
    nulls: tuple[str, ...] = Field(
        default=("",), description='Texts that mean NULL in CSV files: ["", "NA"].'
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Spark types of columns; a value of another type rejects its record. Others stay text.",
    )
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="Separator of CSV fields.")
    encoding: str = Field(default="utf-8", description="Encoding of CSV, JSON lines and text files.")
    drift: DriftModel = Field(default_factory=DriftModel, description="What to do when columns differ.")
    on_change: Literal["refuse", "replace"] = Field(
        default="refuse",
        description="A file that was taken and now has other content: refuse it, or take it instead.",
    )
    settle_seconds: float = Field(
        default=1.0, ge=0, description="A file that changed less than this ago is left for the next run."
    )

    def to_spec(self, *, place: str | None = None) -> SourceSpec:
        """The same, as the sources layer takes it; ``place`` is the ``file:line`` for its errors.

        Raises:
            ProjectError: a value that no file could be read with.
        """
        from clearwell.sources import SourceSpec

        return SourceSpec(
            path=self.path,
            format=self.format,
            nulls=self.nulls,
            columns=self.columns,
            delimiter=self.delimiter,
            encoding=self.encoding,
            new_column=self.drift.new_column,
            missing_column=self.drift.missing_column,
            on_change=self.on_change,
            settle_seconds=self.settle_seconds,
            place=place,
        )


class WriteSpec(_Model):
    """How accepted rows enter the table."""

    mode: Literal["append", "merge", "replace", "replace_partitions"] = Field(
        description="append: add the rows. merge: replace the rows of the same key, add the others. "
        "replace: the rows become the table. replace_partitions: they replace the partitions they touch."
    )
    key: Columns = Field(default=(), description="merge only: the columns that make a row the same row.")
    partition_by: Columns = Field(
        default=(), description="replace_partitions only: the columns of a partition."
    )
    order_by: Columns = Field(
        default=(),
        description="merge only: of rows of one key in one batch the greatest by these columns stays; "
        "without it such rows are refused. A later batch always wins.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for option, mode in (("key", "merge"), ("partition_by", "replace_partitions")):
            given: tuple[str, ...] = getattr(self, option)
            if self.mode == mode and not given:
                raise refuse(f"mode {mode} needs {option!r}", f"add {option}: [COLUMN, ...]")
            if self.mode != mode and given:
                raise refuse(f"mode {self.mode} takes no {option!r}", f"remove it, or use mode: {mode}")
        if self.order_by and self.mode != "merge":
            raise refuse(f"mode {self.mode} takes no 'order_by'", "remove it, or use mode: merge")
        return self


class SilverSpec(_Model):
    """The cleansed table made from the bronze one."""

    transform: TransformRef = Field(
        description='The function that cleanses one frame, as "module:function" from the project\'s root.'
    )
    expectations: Name | None = Field(
        default=None, description="The suite that judges the rows: expectations/NAME.yaml."
    )
    write: WriteSpec = Field(
        default_factory=lambda: WriteSpec(mode="append"), description="How accepted rows enter the table."
    )


class _Described(_Model):
    name: Name = Field(description="Lower-case letters, digits and _; the table is ZONE_name.")
    description: str | None = Field(
        default=None, description="What it holds, for whoever finds it in the catalog."
    )
    owners: tuple[Owner, ...] = Field(
        default=(), description='Who answers for it: "team:operations" or an e-mail address.'
    )
    license: str | None = Field(
        default=None, description="Licence of the data, as an SPDX identifier: CC0-1.0."
    )
    tags: dict[str, str] = Field(
        default_factory=dict, description="Labels to search by: {domain: operations}."
    )


class TableSpec(_Described):
    """A source and its tables: raw files -> bronze_NAME -> silver_NAME (and its quarantine)."""

    group: Name | None = Field(
        default=None, description="Group of its assets on Dagster's pages; default: the name."
    )
    source: SourceModel = Field(description="Where raw files arrive, and how they are read.")
    silver: SilverSpec | None = Field(
        default=None, description="The cleansed table; without it only bronze is kept."
    )
    schedule: Cron | None = Field(default=None, description='When to run by itself, as cron: "0 6 * * *".')
    watch: bool = Field(default=False, description="Whether a new file starts a run (a Dagster sensor).")

    @property
    def bronze_table(self) -> TableName:
        """The table of the raw records."""
        return TableName(Zone.BRONZE, self.name)

    @property
    def silver_table(self) -> TableName | None:
        """The cleansed table, if there is one."""
        return TableName(Zone.SILVER, self.name) if self.silver else None


class CuratedSpec(_Described):
    """A table computed from others: inputs -> gold_NAME."""

    group: Name | None = Field(
        default=None, description="Group of the asset on Dagster's pages; default: the name."
    )
    inputs: Annotated[tuple[InputTable, ...], AfterValidator(distinct)] = Field(
        min_length=1, description="Tables it is computed from: [silver_flights, silver_weather]."
    )
    transform: TransformRef = Field(
        description="The function that computes it; its parameters are named as the inputs."
    )
    expectations: Name | None = Field(
        default=None, description="The suite that judges the rows: expectations/NAME.yaml."
    )
    write: WriteSpec = Field(
        default_factory=lambda: WriteSpec(mode="replace"), description="How the rows enter the table."
    )
    schedule: Cron | None = Field(default=None, description='When to run by itself, as cron: "0 6 * * *".')

    @model_validator(mode="after")
    def _not_append(self) -> Self:
        if self.write.mode == "append":
            raise refuse(
                "a curated table cannot be written with mode append: it is computed whole from its inputs, "
                "so each run would add every row again",
                "use replace, merge or replace_partitions",
            )
        return self

    @property
    def table(self) -> TableName:
        """The table it makes."""
        return TableName(Zone.GOLD, self.name)


class SplitSpec(_Model):
    """How rows are divided between training and test."""

    by: Literal["time"] = Field(description="time: what is earlier trains, what is later tests.")
    column: str = Field(description="The column that decides.")
    test_from: Moment = Field(
        description="Rows of this value or a later one are the test split; ISO dates are read as dates."
    )


class DatasetSpec(_Described):
    """A versioned release of a table, for training or inference."""

    from_table: InputTable = Field(alias="from", description="The table that is released.")
    kind: Literal["training"] = Field(default="training", description="What the release is for.")
    label: str = Field(description="The column to predict.")
    exclude: Columns = Field(default=(), description="Columns left out, as they would give the label away.")
    split: SplitSpec = Field(description="How rows are divided between training and test.")
    formats: tuple[Literal["parquet", "arrow"], ...] = Field(
        default=("parquet", "arrow"), min_length=1, description="File formats of the release."
    )
    objective: dict[str, Any] | None = Field(
        default=None, description="What the data is for: {goal: ..., kpi: ..., baseline: 0.41, target: 0.55}."
    )

    @model_validator(mode="after")
    def _label_stays(self) -> Self:
        if self.label in self.exclude:
            raise refuse(f"the label {self.label!r} is excluded", "remove it from exclude")
        return self


class ReportsSpec(_Described):
    """A report of what the lake's storage costs."""

    prices: str = Field(description="The dated price sheet, a YAML file relative to the project.")


Spec = TableSpec | CuratedSpec | DatasetSpec | ReportsSpec
