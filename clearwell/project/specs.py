"""A project's YAML as frozen models: one class for each kind of component.

The same classes are the schema on Dagster's pages and the one that `clearwell check` reads, so every field
has a description. A model refuses unknown keys, invalid table names, and settings that contradict each other
(`mode: append` with a `key`). It does not look outside itself: `clearwell.project.load` and
`clearwell.flow.check.project` check whether an input, a file or a function exists.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from clearwell.names import TableName, Zone
from clearwell.project.blocks import (
    LINEAGE,
    READS,
    FreshnessSpec,
    Model,
    RetrySpec,
    SilverSpec,
    SourceModel,
    WriteSpec,
)
from clearwell.project.fields import (
    Columns,
    Cron,
    InputTable,
    Moment,
    Name,
    Owner,
    ReadFiles,
    TransformRef,
    distinct,
    refuse,
)

__all__ = [
    "CuratedSpec",
    "DatasetSpec",
    "ReportsSpec",
    "SilverSpec",
    "SourceModel",
    "Spec",
    "SplitSpec",
    "TableSpec",
    "WriteSpec",
    "personal_said",
]


class _Described(Model):
    name: Name = Field(description="Lower-case letters, digits and _; the table is ZONE_name.")
    description: str | None = Field(default=None, description="What it holds, for readers of the catalog.")
    owners: tuple[Owner, ...] = Field(
        default=(), description='Who is responsible for it: "team:operations" or an e-mail address.'
    )
    license: str | None = Field(
        default=None, description="Licence of the data, as an SPDX identifier: CC0-1.0."
    )
    tags: dict[str, str] = Field(
        default_factory=dict, description="Labels to search by: {domain: operations}."
    )


class _Scheduled(_Described):
    """The options of tables that a run updates by itself."""

    group: Name | None = Field(
        default=None, description="Group of its assets on Dagster's pages; default: the name."
    )
    schedule: Cron | None = Field(
        default=None, description='When to run automatically, as cron: "0 6 * * *".'
    )
    column_descriptions: dict[str, str] = Field(
        default_factory=dict,
        description="What its columns hold, for the catalog: {guest: The guest's number.}.",
    )
    personal: Columns = Field(
        default=(),
        description="Columns that hold personal data: their values never appear in commands, samples, logs, "
        "pages or statistics, nor do those of columns that are derived from them.",
    )
    derived: dict[str, Literal["public"]] = Field(
        default_factory=dict,
        description="Columns that are derived from personal ones and hold none of it: {city: public}.",
    )
    freshness: FreshnessSpec | None = Field(
        default=None, description="How old the table may get: {warn_after_hours: 26, fail_after_hours: 50}."
    )
    retries: RetrySpec = Field(
        default_factory=RetrySpec, description="Retries after a lost engine: {max: 2, delay_seconds: 10}."
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if both := [column for column in self.derived if column in self.personal]:
            raise refuse(
                f"{both[0]!r} is personal and public",
                "remove one; where the transform makes it harmless, let it return another name",
            )
        return self


class TableSpec(_Scheduled):
    """A source and its tables: raw files -> bronze_NAME -> silver_NAME (and its quarantine)."""

    source: SourceModel = Field(description="Where raw files arrive, and how they are read.")
    silver: SilverSpec | None = Field(
        default=None, description="The cleansed table; without it there is only bronze."
    )
    watch: bool = Field(default=False, description="Whether a new file starts a run (a Dagster sensor).")

    @property
    def bronze_table(self) -> TableName:
        """The table of the raw records."""
        return TableName(Zone.BRONZE, self.name)

    @property
    def silver_table(self) -> TableName | None:
        """The cleansed table, if there is one."""
        return TableName(Zone.SILVER, self.name) if self.silver else None


class CuratedSpec(_Scheduled):
    """A table computed from other tables: inputs -> gold_NAME."""

    inputs: Annotated[tuple[InputTable, ...], AfterValidator(distinct)] = Field(
        min_length=1, description="The tables that it is computed from: [silver_flights, silver_weather]."
    )
    transform: TransformRef = Field(
        description="The function that computes it; its parameters have the names of the inputs."
    )
    expectations: Name | None = Field(
        default=None, description="The suite that checks the rows: expectations/NAME.yaml."
    )
    write: WriteSpec = Field(
        default_factory=lambda: WriteSpec(mode="replace"),
        description="How the rows enter the table: all of them at each build, so that rows that the "
        "transform no longer returns leave it in every mode. merge requires unique keys.",
    )
    reads: ReadFiles = Field(default=(), description=READS)
    lineage: dict[str, tuple[str, ...]] = Field(default_factory=dict, description=LINEAGE)

    @model_validator(mode="after")
    def _not_append(self) -> Self:
        if self.write.mode == "append":
            raise refuse(
                "a curated table cannot be written with mode append: it is fully recomputed from its inputs, "
                "so each run would add every row again",
                "use replace, merge or replace_partitions",
            )
        return self

    @property
    def table(self) -> TableName:
        """The table that it makes."""
        return TableName(Zone.GOLD, self.name)


class SplitSpec(Model):
    """How rows are split between training and test."""

    by: Literal["time", "group"] = Field(
        description="time: earlier rows train, later rows test. "
        "group: rows with the same value are on the same side, by a hash of the value."
    )
    column: str = Field(description="The column that decides the split.")
    test_from: Moment | None = Field(
        default=None,
        description="time only: rows from this value on are the test split; ISO dates are dates.",
    )
    test_share: float | None = Field(
        default=None, gt=0, lt=1, description="group only: the fraction of groups for testing, such as 0.2."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for option, by, example in (("test_from", "time", "2013-10-31"), ("test_share", "group", "0.2")):
            given = getattr(self, option) is not None
            if given is (self.by == by):
                continue
            if self.by == by:
                raise refuse(f"a split by {by} needs {option!r}", f"add {option}: {example}")
            raise refuse(f"a split by {self.by} does not take {option!r}", f"remove it, or use by: {by}")
        return self

    @model_serializer(mode="wrap")
    def _what_is_said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the options of the other kind: they would count as new settings of old releases."""
        return {key: value for key, value in dump(self).items() if value is not None}


class DatasetSpec(_Described):
    """A versioned release of a table, for training or inference."""

    from_table: InputTable = Field(alias="from", description="The table that is released.")
    kind: Literal["training", "inference"] = Field(
        default="training",
        description="training: rows with a label, split into train and test. "
        "inference: one row per key with the features of a training dataset, for lookups.",
    )
    label: str | None = Field(default=None, description="training only: the column to predict.")
    split: SplitSpec | None = Field(
        default=None, description="training only: how rows are split between training and test."
    )
    key: Columns = Field(default=(), description="inference only: the columns that identify a row.")
    like: Name | None = Field(
        default=None,
        description="inference only: the training dataset whose features it must have, "
        "with the same names, types and order.",
    )
    latest_by: str | None = Field(
        default=None,
        description="inference only: of the rows with the same key, keep the greatest by this column; "
        "without it, duplicate keys are refused.",
    )
    exclude: Columns = Field(default=(), description="Excluded columns, such as those that leak the label.")
    allow_personal: dict[str, str] = Field(
        default_factory=dict,
        description="Personal columns that are released, and those derived from them, each with the reason: "
        '{text: "masked by patterns; for colleagues alone"}.',
    )
    formats: tuple[Literal["parquet", "arrow"], ...] = Field(
        default=("parquet", "arrow"), min_length=1, description="File formats of the release."
    )
    objective: dict[str, Any] | None = Field(
        default=None, description="What the data is for: {goal: ..., kpi: ..., baseline: 0.41, target: 0.55}."
    )

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        for option, kind, needed, example in _OF_KIND:
            given = getattr(self, option) not in (None, ())
            if needed and self.kind == kind and not given:
                raise refuse(f"a dataset of kind {kind} needs {option!r}", f"add {option}: {example}")
            if self.kind != kind and given:
                raise refuse(
                    f"a dataset of kind {self.kind} does not take {option!r}",
                    f"remove it, or use kind: {kind}",
                )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.label in self.exclude:
            raise refuse(f"the label {self.label!r} is excluded", "remove it from exclude")
        if left_out := [column for column in self.key if column in self.exclude]:
            raise refuse(f"the key column {left_out[0]!r} is excluded", "remove it from exclude")
        if silent := [column for column, reason in self.allow_personal.items() if not reason.strip()]:
            raise refuse(f"allow_personal gives no reason for {silent[0]!r}", "say why it may be released")
        if self.kind == "inference" and "arrow" not in self.formats:
            raise refuse("rows are looked up in the arrow files", "add arrow to formats")
        return self

    @model_serializer(mode="wrap")
    def _what_is_said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without options that it does not have: they would count as new settings of old releases."""
        written: dict[str, Any] = dump(self)
        return {key: value for key, value in written.items() if value or key not in _OPTIONS}


def personal_said(spec: DatasetSpec) -> tuple[str, ...]:
    """A sentence for each personal column that is released: the column, and why."""
    return tuple(f"Personal data in {name}: {why.rstrip('.')}." for name, why in spec.allow_personal.items())


_OF_KIND = (
    ("label", "training", True, "COLUMN"),
    ("split", "training", True, "{by: time, column: COLUMN, test_from: 2013-10-31}"),
    ("key", "inference", True, "[COLUMN, ...]"),
    ("like", "inference", True, "TRAINING_DATASET"),
    ("latest_by", "inference", False, "COLUMN"),
)
_OPTIONS = {*(option for option, *_ in _OF_KIND), "allow_personal"}


class ReportsSpec(_Described):
    """The report of a lake: its cost by table and owner, growth, checks, quarantine and releases."""

    prices: str = Field(description="The dated price sheet, a YAML file relative to the project.")


Spec = TableSpec | CuratedSpec | DatasetSpec | ReportsSpec
