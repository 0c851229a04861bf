"""What keeps engines from differing without a word: each guard's name, and what it does.

A difference between engines that raises no error is one that nobody sees. For every such difference that
was found, a guard named here either makes the engines equal or refuses the work, with an engine that can.
The names are stable: tests, documents and errors speak of guards by them.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Guard"]


class Guard(StrEnum):
    """A guard by its name; ``sentence`` says what it does."""

    CHECKED_INTEGERS = "checked-integers"
    CHECKED_DECIMALS = "checked-decimals"
    REFUSED_FUNCTIONS = "refused-functions"
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
        """What the guard does, for people."""
        return " ".join(_SENTENCES[self].split())


_SENTENCES = {
    Guard.CHECKED_INTEGERS: """
        Sums, differences and products of whole numbers are computed wider on the embedded engine, and fail
        where the result does not fit, as on Spark. Where a plan hides their types, it is refused.""",
    Guard.CHECKED_DECIMALS: """
        A sum of decimals that needs more than 38 digits fails on the embedded engine, as on Spark.""",
    Guard.REFUSED_FUNCTIONS: """
        A function whose values differ between engines, or that the embedded one lacks, is refused when the
        plan is seen, before a row is computed.""",
    Guard.OWN_READERS: """
        Clearwell's parsers read raw files, and engines are given a table's list of files. What a transform
        reads by itself is refused on the embedded engine.""",
    Guard.OWN_WRITERS: """
        Engines only stage Parquet, and delta-rs commits it. A transform that writes by itself is refused on
        the embedded engine.""",
    Guard.STORABLE_TYPES: """
        A column of a type that no table holds exactly is refused before anything is written.""",
    Guard.SESSION_SETTINGS: """
        Every session has the time zone UTC, the rules of ANSI and timestamps in microseconds.""",
    Guard.SAFE_STATISTICS: """
        Our files carry no statistics of floats and wide decimals. Those of others that do are copied without
        them before the embedded engine reads them.""",
    Guard.TABLE_FEATURES: """
        The protocol of a table that others wrote is looked at before it is read or committed to. What we
        would not honour is refused, with the engine or the command that helps.""",
    Guard.STABLE_ROWS: """
        Rows are counted apart from being staged, so a transform that gives other rows the second time is
        refused.""",
    Guard.OWN_FINGERPRINT: """
        Contents are compared by a hash of our own, never by an engine's hash function or its texts of
        floats.""",
}
