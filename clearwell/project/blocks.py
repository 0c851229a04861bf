"""The blocks inside the components' YAML: sources, writes, silver tables, splits, freshness, retries.

Frozen models as those of `clearwell.project.specs`, which are made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from clearwell.project.fields import Columns, Moment, Name, TransformRef, refuse

if TYPE_CHECKING:
    from clearwell.sources import SourceSpec

__all__ = [
    "LINEAGE",
    "DriftModel",
    "FreshnessSpec",
    "Model",
    "RetrySpec",
    "SilverSpec",
    "SourceModel",
    "SplitSpec",
    "WriteSpec",
]

LINEAGE = (
    "Where columns come from whose origin the plan hides, such as those of mapInPandas: "
    "{risk: [silver_flights.dest, silver_flights.origin]}; an empty list: from no column."
)


class Model(BaseModel):
    """A frozen block of YAML that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DriftModel(Model):
    """What happens when the columns of new files differ from the table's."""

    new_column: Literal["evolve", "reject"] = Field(
        default="evolve",
        description="A column the table does not have: add it to the table, or refuse the file.",
    )
    missing_column: Annotated[
        Literal["null", "reject"],
        BeforeValidator(
            lambda value: "null" if value is None else value,
            json_schema_input_type=Literal["null", "reject"] | None,
        ),
    ] = Field(
        default="null", description="A column the file does not have: read it as NULL, or refuse the file."
    )


class SourceModel(Model):
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


class WriteSpec(Model):
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


class FreshnessSpec(Model):
    """How old a table may get before Dagster's pages say so: hours since the last run that went well."""

    warn_after_hours: float | None = Field(default=None, gt=0, description="Hours; then it is a warning.")
    fail_after_hours: float = Field(
        gt=0, description="Hours without a run that went well; then it is overdue."
    )

    @model_validator(mode="after")
    def _warns_first(self) -> Self:
        for name in ("warn_after_hours", "fail_after_hours"):
            hours: float | None = getattr(self, name)
            if hours is not None and hours < 1 / 60:
                raise refuse(
                    f"{name} is less than a minute", "Dagster looks once a minute: give it 0.02 or more"
                )
        if self.warn_after_hours is not None and self.warn_after_hours >= self.fail_after_hours:
            raise refuse("warn_after_hours is not before fail_after_hours", "give it fewer hours")
        return self


class RetrySpec(Model):
    """How often a step is tried again when the engine was lost or other writers won: never for bad data."""

    max: int = Field(default=2, ge=0, le=10, description="Tries after the first one.")
    delay_seconds: float = Field(
        default=10.0,
        ge=0,
        description="Seconds before the first; each later one waits twice as long.",
    )


class SilverSpec(Model):
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
    lineage: dict[str, tuple[str, ...]] = Field(default_factory=dict, description=LINEAGE)


class SplitSpec(Model):
    """How rows are divided between training and test."""

    by: Literal["time", "group"] = Field(
        description="time: what is earlier trains, what is later tests. "
        "group: rows of one value are on the same side, decided by a hash of the value."
    )
    column: str = Field(description="The column that decides.")
    test_from: Moment | None = Field(
        default=None,
        description="time only: rows of this value or a later one are the test split; "
        "ISO dates are read as dates.",
    )
    test_share: float | None = Field(
        default=None, gt=0, lt=1, description="group only: the share of groups that test, such as 0.2."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for option, by, example in (("test_from", "time", "2013-10-31"), ("test_share", "group", "0.2")):
            given = getattr(self, option) is not None
            if self.by == by and not given:
                raise refuse(f"a split by {by} needs {option!r}", f"add {option}: {example}")
            if self.by != by and given:
                raise refuse(f"a split by {self.by} takes no {option!r}", f"remove it, or use by: {by}")
        return self

    @model_serializer(mode="wrap")
    def _what_is_said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the options of the other kind: they would be new settings of old releases."""
        said: dict[str, Any] = dump(self)
        return {key: value for key, value in said.items() if value is not None}
