"""The blocks inside the components' YAML: frozen models, which those of `clearwell.project.specs` contain."""

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

from clearwell.project.fields import Columns, Format, Name, ReadFiles, TransformRef, refuse

if TYPE_CHECKING:
    from clearwell.sources import SourceSpec

__all__ = [
    "LINEAGE",
    "READS",
    "DriftModel",
    "FreshnessSpec",
    "Model",
    "RetrySpec",
    "SilverSpec",
    "SourceModel",
    "WriteSpec",
]

LINEAGE = (
    "The origin of columns that the plan hides, such as those of mapInPandas: "
    "{risk: [silver_flights.dest, silver_flights.origin]}; an empty list: from no column."
)

READS = (
    "Files of the project that the transform reads and whose names its code does not spell out, as patterns "
    'from the project\'s root: ["assets/queries/*.sql"]. An edit of one is an edit of the code.'
)

_Severity = Literal["critical", "warning", "info"]


class Model(BaseModel):
    """A frozen block of YAML that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DriftModel(Model):
    """What happens when the columns of new files differ from the table's."""

    new_column: Literal["evolve", "reject"] = Field(
        default="evolve",
        description="A column that the table lacks: add it to the table, or refuse the file.",
    )
    missing_column: Annotated[
        Literal["null", "reject"],
        BeforeValidator(
            lambda value: "null" if value is None else value,
            json_schema_input_type=Literal["null", "reject"] | None,
        ),
    ] = Field(
        default="null", description="A column that the file lacks: read it as NULL, or refuse the file."
    )


class NotesModel(Model):
    """How grave it is what a run tells of raw files: critical fails the run, warning and info do not.

    Each is a check of the bronze table on Dagster's pages: red, yellow, or passed with the text.
    """

    new_columns: _Severity = Field(default="info", description="Columns that the table had not.")
    missing_columns: _Severity = Field(default="warning", description="Columns that a new file lacks.")
    none_accepted: _Severity = Field(
        default="critical", description="A new file whose records are all in quarantine."
    )
    left_for_later: _Severity = Field(default="warning", description="A file that still grows.")
    skipped: _Severity = Field(
        default="warning",
        description="A path that is no file to read: a folder, a broken link, no permission.",
    )


class MaxFieldModel(Model):
    """The longest field of a CSV file that is expected, and what happens with a longer one."""

    lines: int = Field(default=100, ge=1, description="Line ends in a field.")
    size: int = Field(default=2**20, ge=1, description="Bytes of a field, in UTF-8.")
    longer: Literal["warn", "reject"] = Field(
        default="warn", description="A longer field: a line in the run's output, or its record is rejected."
    )


class SourceModel(Model):
    """Where raw files arrive, and how they are read."""

    path: str = Field(description='Files to ingest: a glob relative to the project, "raw/flights/*.csv".')
    format: Format = Field(
        description="The format of the files: `csv`, `jsonl`, `parquet`, `text`, or the format of a plugin."
    )
    nulls: tuple[str, ...] = Field(
        default=("",), description='Strings that mean NULL in CSV files: ["", "NA"].'
    )
    quoted_empty: Literal["text", "missing"] = Field(
        default="text",
        description='CSV: an empty field in quotes, `""`, where a column is no text: a text all the same, so '
        "that its record is rejected, or missing, so that it is NULL.",
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
        description="An ingested file whose content changed: refuse it, or ingest it again in its place.",
    )
    order: str = Field(
        default="arrival",
        description="Which file is later, and wins where two have rows of one key: `arrival` (several in one "
        'run: by name), `name`, or fields of the path: "{day}". Files with equal fields are one delivery.',
    )
    rehash: Literal["always", "changed", "never"] = Field(
        default="changed",
        description="Which ingested files are read again, to see whether their content is the same: those "
        "whose size, time, inode or time of change differs; all; or none, so that no change is noticed.",
    )
    links: Literal["refuse", "follow"] = Field(
        default="refuse", description="A link, also a hard one, to a file elsewhere: left out, or read."
    )
    max_field: MaxFieldModel = Field(
        default_factory=MaxFieldModel,
        description="CSV: the longest field that is expected. Two stray quotes make one of all between them.",
    )
    notes: NotesModel = Field(
        default_factory=NotesModel,
        description="How grave it is what a run tells of the files: {new_columns: critical}.",
    )
    settle_seconds: float = Field(
        default=1.0, ge=0, description="A file modified more recently than this waits for the next run."
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="What the format of a plugin takes beside the keys above."
    )

    @property
    def reader(self) -> str | None:
        """The version of the plugin that reads the format; None where it is built in."""
        from clearwell.sources import FORMATS, find_source

        return None if self.format in FORMATS else find_source(self.format).version

    @model_serializer(mode="wrap")
    def _what_is_said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is as it was before there was such a key: it would be a new setting of old tables."""
        warns = self.max_field.longer == "warn"
        unsaid = {"notes", "links", *(("max_field",) if warns else ())}  # no row depends on them
        silent = (("options", {}), ("order", "arrival"), ("quoted_empty", "text"), ("rehash", "changed"))
        return {k: v for k, v in dump(self).items() if k not in unsaid and (k, v) not in silent}

    def to_spec(self, *, place: str | None = None) -> SourceSpec:
        """The same as a source spec; ``place`` is the ``file:line`` for its errors.

        Raises:
            ProjectError: a value with which no file could be read.
        """
        from clearwell.sources import LongFields, SourceSpec

        return SourceSpec(
            path=self.path,
            format=self.format,
            nulls=self.nulls,
            quoted_empty=self.quoted_empty,
            columns=self.columns,
            delimiter=self.delimiter,
            encoding=self.encoding,
            new_column=self.drift.new_column,
            missing_column=self.drift.missing_column,
            on_change=self.on_change,
            order=self.order,
            rehash=self.rehash,
            links=self.links,
            max_field=LongFields(**self.max_field.model_dump()),
            settle_seconds=self.settle_seconds,
            options=self.options,
            place=place,
        )


class WriteSpec(Model):
    """How accepted rows enter the table."""

    mode: Literal["append", "merge", "replace", "replace_partitions"] = Field(
        description="append: add the rows. merge: replace rows with the same key, add new ones. "
        "replace: the rows become the table. replace_partitions: they replace the partitions they touch."
    )
    key: Columns = Field(default=(), description="merge only: the columns that identify a row.")
    partition_by: Columns = Field(default=(), description="replace_partitions only: the partition columns.")
    order_by: Columns = Field(
        default=(),
        description="merge only: of rows with the same key in one file, keep the greatest by these columns; "
        "without it, duplicate keys are refused. A later file always wins: see `order` of the source.",
    )

    @property
    def replaces_rows(self) -> bool:
        """Whether a row can take the place of an earlier one."""
        return bool(self.key or self.partition_by)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for option, mode in (("key", "merge"), ("partition_by", "replace_partitions")):
            given: tuple[str, ...] = getattr(self, option)
            if self.mode == mode and not given:
                raise refuse(f"mode {mode} needs {option!r}", f"add {option}: [COLUMN, ...]")
            if self.mode != mode and given:
                raise refuse(f"mode {self.mode} does not take {option!r}", f"remove it, or use mode: {mode}")
        if self.order_by and self.mode != "merge":
            raise refuse(f"mode {self.mode} does not take 'order_by'", "remove it, or use mode: merge")
        return self


class FreshnessSpec(Model):
    """How old a table may get before Dagster's pages warn: hours since the last successful run."""

    warn_after_hours: float | None = Field(default=None, gt=0, description="Hours until a warning.")
    fail_after_hours: float = Field(gt=0, description="Hours without a successful run until it is overdue.")

    @model_validator(mode="after")
    def _warns_first(self) -> Self:
        for name in ("warn_after_hours", "fail_after_hours"):
            hours: float | None = getattr(self, name)
            if hours is not None and hours < 1 / 60:
                raise refuse(
                    f"{name} is less than a minute", "Dagster checks once a minute: give it 0.02 or more"
                )
        if self.warn_after_hours is not None and self.warn_after_hours >= self.fail_after_hours:
            raise refuse("warn_after_hours is not before fail_after_hours", "give it fewer hours")
        return self


class RetrySpec(Model):
    """Retries of a step after a lost engine or a commit conflict with other writers; never for bad data."""

    max: int = Field(default=2, ge=0, le=10, description="Retries after the first attempt.")
    delay_seconds: float = Field(
        default=10.0,
        ge=0,
        description="Seconds before the first retry; each later one waits twice as long.",
    )


class SilverSpec(Model):
    """The cleansed table made from the bronze one."""

    transform: TransformRef = Field(
        description='The function that cleanses one DataFrame, as "module:function" from the project\'s root.'
    )
    expectations: Name | None = Field(
        default=None, description="The suite that checks the rows: expectations/NAME.yaml."
    )
    write: WriteSpec = Field(
        default_factory=lambda: WriteSpec(mode="append"), description="How accepted rows enter the table."
    )
    reads: ReadFiles = Field(default=(), description=READS)
    lineage: dict[str, tuple[str, ...]] = Field(default_factory=dict, description=LINEAGE)
