"""Maintenance reports: four offices' forms in one shape, and the labelled corpus made of them.

Each office answers another question, so a label means something only beside its ``hazard``. A report's
number begins again in every file and is not even unique within one: a report is known by its file and
record. Repeats and contradictions are marked, not removed. Near repeats are those that have the same
letters; reports that say the same in other words are not found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from assets.masking import mask_personal_data
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["clean_kennedy", "clean_laguardia", "clean_newark", "clean_teterboro", "reports"]

TERMINAL_WIDTH = 40
"""A line of Teterboro's terminal: one that is full goes on in the next, within a word or not."""

_LINE_END = "\r\n|\r|\n"
_STAGES = {
    "takeoff": ["takeoff", "to", "t/o"],
    "climb": ["climb", "cl"],
    "cruise": ["cruise", "cr"],
    "descent": ["descent", "de"],
    "approach": ["approach", "ap", "appr"],
    "landing": ["landing", "ld", "ldg"],
    "taxi": ["taxi", "tx"],
    "ground": ["on ground", "ground", "gnd", "ramp"],
    "maintenance": ["maintenance", "insp/maint"],
}


def clean_newark(maintenance_newark: DataFrame) -> DataFrame:
    """Newark's form: fuel leaks; dates as 2013-02-08."""
    return _report(
        maintenance_newark,
        office="newark",
        hazard="fuel",
        report_id="Id",
        day=F.col("Reported"),
        day_format="yyyy-MM-dd",
        tailnum="TailNumber",
        airport="Station",
        stage="StageOfOperation",
        text=_spaced(F.col("Report")),
        label="FuelLeak",
    )


def clean_kennedy(maintenance_kennedy: DataFrame) -> DataFrame:
    """Kennedy's form: depressurization; dates as 08FEB2013, codes for the stage, lines that end in CR."""
    return _report(
        maintenance_kennedy,
        office="kennedy",
        hazard="depressurization",
        report_id="ID",
        day=F.col("DATE"),
        day_format="ddMMMyyyy",
        tailnum="REG",
        airport="STA",
        stage="STAGE",
        text=_spaced(F.col("NARRATIVE")),
        label="DEPRESSURIZATION",
    )


def clean_laguardia(maintenance_laguardia: DataFrame) -> DataFrame:
    """LaGuardia's form: gear and brakes; dates as 02/08/2013, stages padded with blanks."""
    return _report(
        maintenance_laguardia,
        office="laguardia",
        hazard="gear_or_brakes",
        report_id="DataSourceId",
        day=F.col("EventDate"),
        day_format="MM/dd/yyyy",
        tailnum="Tail",
        airport="Airport",
        stage="StageOfOperation",
        text=_spaced(F.col("Narrative")),
        label="GearOrBrakes",
    )


def clean_teterboro(maintenance_teterboro: DataFrame) -> DataFrame:
    """Teterboro's form: smoke and fumes; dates with a time, lines broken at the terminal's width."""
    return _report(
        maintenance_teterboro,
        office="teterboro",
        hazard="smoke_or_fumes",
        report_id="Id",
        day=F.substring("When", 1, 10),
        day_format="yyyy-MM-dd",
        tailnum="Aircraft",
        airport="Field",
        stage="Phase",
        text=_unbroken(F.col("Text")),
        label="SmokeOrFumes",
        entered_by=_known(F.col("EnteredBy")),
    )


def reports(
    silver_maintenance_newark: DataFrame,
    silver_maintenance_kennedy: DataFrame,
    silver_maintenance_laguardia: DataFrame,
    silver_maintenance_teterboro: DataFrame,
    silver_planes: DataFrame,
    silver_airports: DataFrame,
) -> DataFrame:
    """The labelled reports of all offices, without personal data as far as patterns find it.

    Reports without a label stay in silver. ``text_group`` is a hash of the masked text's letters alone:
    what has the same group must be on the same side of a split. ``is_repeat`` marks a text that is there
    before word for word, in any office; ``is_near_repeat`` one whose group is there before, but not its
    text. ``has_conflict`` marks all reports whose text has two answers to the same hazard.
    """
    planes = silver_planes.select(
        "tailnum", F.col("manufacturer"), F.col("model"), F.col("build_year"), F.lit(True).alias("has_plane")
    )
    airports = silver_airports.select(F.col("faa").alias("airport"), F.lit(True).alias("has_airport"))
    masked = mask_personal_data(F.col("text"))
    union = (
        silver_maintenance_newark.unionByName(silver_maintenance_kennedy)
        .unionByName(silver_maintenance_laguardia)
        .unionByName(silver_maintenance_teterboro)
        .where(F.col("label").isNotNull())
        .withColumn("masked", masked)
        .withColumn("text_group", F.sha2(_letters(F.col("masked")), 256))
    )
    order = [F.col(name) for name in ("report_date", "office", "_file_id", "_record_no")]
    same_text = Window.partitionBy("text_hash")
    same_group = Window.partitionBy("text_group")
    same_question = Window.partitionBy("text_hash", "hazard")
    is_repeat = F.row_number().over(same_text.orderBy(*order)) > 1
    is_later = F.row_number().over(same_group.orderBy(*order)) > 1
    return (
        union.withColumn("is_repeat", is_repeat)
        .withColumn("is_near_repeat", is_later & ~is_repeat)
        .withColumn("has_conflict", F.min("label").over(same_question) != F.max("label").over(same_question))
        .join(planes, ["tailnum"], "left")
        .join(airports, ["airport"], "left")
        .select(
            "office",
            "hazard",
            "report_id",
            "report_date",
            "tailnum",
            "manufacturer",
            "model",
            "build_year",
            "airport",
            "stage",
            F.col("masked").alias("text"),
            "text_group",
            (F.col("masked") != F.col("text")).alias("is_masked"),
            "is_repeat",
            "is_near_repeat",
            "has_conflict",
            F.coalesce("has_plane", F.lit(False)).alias("has_plane"),
            F.coalesce("has_airport", F.lit(False)).alias("has_airport"),
            "label",
            *PROVENANCE,
        )
    )


def _report(
    form: DataFrame,
    *,
    office: str,
    hazard: str,
    report_id: str,
    day: Column,
    day_format: str,
    tailnum: str,
    airport: str,
    stage: str,
    text: Column,
    label: str,
    entered_by: Column | None = None,
) -> DataFrame:
    """An office's form in the shape of all. A date that cannot be is NULL, and the suite says so."""
    return form.select(
        F.lit(office).alias("office"),
        F.lit(hazard).alias("hazard"),
        F.trim(report_id).alias("report_id"),
        F.to_date(F.try_to_timestamp(F.trim(day), F.lit(day_format))).alias("report_date"),
        _known(F.regexp_replace(F.upper(tailnum), r"[^A-Z0-9]", "")).alias("tailnum"),
        # Four letters with a K in front are the international code of an American airport.
        _known(F.regexp_replace(F.upper(F.trim(airport)), r"^K([A-Z]{3})$", "$1")).alias("airport"),
        _stage(F.lower(F.trim(stage))).alias("stage"),
        text.alias("text"),
        F.sha2(text, 256).alias("text_hash"),
        _known(F.initcap(F.trim(label))).alias("label"),
        (F.lit(None).cast("string") if entered_by is None else entered_by).alias("entered_by"),
        *PROVENANCE,
    )


def _known(text: Column) -> Column:
    """``text`` without outer blanks; NULL where nothing is left, or the text NULL."""
    trimmed = F.trim(text)
    return F.when((trimmed != "") & (F.upper(trimmed) != "NULL"), trimmed)


def _spaced(text: Column) -> Column:
    """``text`` in one line: line ends and runs of blanks become one blank."""
    return _known(F.regexp_replace(text, r"\s+", " "))


def _unbroken(text: Column) -> Column:
    """``text`` in one line, put together again where the terminal's width broke it."""
    lines = F.transform(
        F.split(text, _LINE_END),
        lambda line: F.when(F.length(line) == TERMINAL_WIDTH, line).otherwise(F.concat(line, F.lit(" "))),
    )
    return _spaced(F.array_join(lines, ""))


def _stage(stage: Column) -> Column:
    """The common word for an office's; one that is in no list stays as it is, in lower case."""
    known = _known(stage)
    for word, spellings in reversed(_STAGES.items()):
        known = F.when(stage.isin(*spellings), word).otherwise(known)
    return known


def _letters(text: Column) -> Column:
    """What is left of a text without case, digits and marks."""
    return F.trim(F.regexp_replace(F.lower(text), r"[^\p{L}]+", " "))
