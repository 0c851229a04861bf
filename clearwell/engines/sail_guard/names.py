"""The guards that prevent silent differences between engines: each guard's name, and what it does.

A difference between engines that raises no error goes unnoticed. For every such difference that was found, a
guard named here either makes the engines equal or refuses the work and names an engine that can do it. The
names are stable: tests, documents and errors refer to guards by them.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Guard"]


class Guard(StrEnum):
    """A guard by its name; ``sentence`` describes it."""

    CHECKED_INTEGERS = "checked-integers"
    CHECKED_DECIMALS = "checked-decimals"
    REFUSED_FUNCTIONS = "refused-functions"
    VERIFIED_FUNCTIONS = "verified-functions"
    OWN_READERS = "own-readers"
    OWN_WRITERS = "own-writers"
    STORABLE_TYPES = "storable-types"
    SESSION_SETTINGS = "session-settings"
    SAFE_STATISTICS = "safe-statistics"
    TABLE_FEATURES = "table-features"
    STABLE_ROWS = "stable-rows"
    OWN_FINGERPRINT = "own-fingerprint"

    @property
    def sentence(self) -> str:
        """A description of the guard for users."""
        return " ".join(_SENTENCES[self].split())


_SENTENCES = {
    Guard.CHECKED_INTEGERS: """
        Sums, differences and products of integers are computed in a wider type on the embedded engine, and
        fail where the result does not fit, as on Spark. If a plan hides their types, it is refused.""",
    Guard.CHECKED_DECIMALS: """
        A sum of decimals that needs more than 38 digits fails on the embedded engine, as on Spark.""",
    Guard.REFUSED_FUNCTIONS: """
        A function whose values differ between engines, or that the embedded engine lacks, is refused when the
        plan is checked, before any row is computed.""",
    Guard.VERIFIED_FUNCTIONS: """
        A function that was not compared with Spark's is refused on the embedded engine, or warned of with
        unverified_functions = "warn"; one that was seen to differ for some kinds of arguments is refused for
        those.""",
    Guard.OWN_READERS: """
        Clearwell's parsers read raw files, and engines receive a table's list of files. Files that a
        transform reads directly are refused on the embedded engine.""",
    Guard.OWN_WRITERS: """
        Engines only stage Parquet, and delta-rs commits it. A transform that writes directly is refused on
        the embedded engine.""",
    Guard.STORABLE_TYPES: """
        A column of a type that no table holds exactly is refused before anything is written.""",
    Guard.SESSION_SETTINGS: """
        Every session has the time zone UTC, ANSI mode and timestamps in microseconds.""",
    Guard.SAFE_STATISTICS: """
        Clearwell's files carry no statistics of floats and wide decimals. Files of other writers that do are
        copied without them before the embedded engine reads them.""",
    Guard.TABLE_FEATURES: """
        The protocol of a table of another writer is checked before it is read or committed to. An unsupported
        feature is refused, with the engine or the command that helps.""",
    Guard.STABLE_ROWS: """
        Rows are counted separately from staging, so a transform that returns other rows the second time is
        refused.""",
    Guard.OWN_FINGERPRINT: """
        Contents are compared by Clearwell's own hash, never by an engine's hash function or its text form of
        floats.""",
}
