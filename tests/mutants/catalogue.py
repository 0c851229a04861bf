"""The mutants: where each one is planted, what it breaks, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MUTANTS", "Mutant"]


@dataclass(frozen=True)
class Mutant:
    """A fault: ``old`` becomes ``new`` in ``file``, where ``old`` occurs exactly once."""

    name: str
    file: str
    old: str
    new: str
    effect: str
    tests: tuple[str, ...]

    def plant(self, text: str) -> str:
        """The file's text with the fault; ValueError when the code has changed and the mutant has not."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} holds {text.count(self.old)} times {self.old!r}")
        return text.replace(self.old, self.new)


_SWAP = "clearwell/tables/swap.py"
_VERIFY = "clearwell/tables/staging/verify.py"
_SUPERSEDE = "clearwell/tables/write/supersede.py"
_COMMIT = "clearwell/tables/write/commit.py"
_CONTROL = "clearwell/tables/control.py"
_SCAN = "clearwell/sources/parsing/scan.py"
_CAST = "clearwell/sources/values/from_text.py"

MUTANTS = (
    Mutant(
        "commits-twice",
        _SWAP,
        "return (snapshot.handle.transaction_version(app) or 0) >= batch",
        "return (snapshot.handle.transaction_version(app) or 0) > batch",
        "a batch that is in the log is committed again",
        ("tests/unit/tables/test_swap.py", "tests/unit/tables/write/test_commit.py"),
    ),
    Mutant(
        "retries-inside-delta",
        _SWAP,
        "RETRIES_INSIDE_DELTA = 0",
        "RETRIES_INSIDE_DELTA = 15",
        "delta-rs keeps removals that were planned before another commit",
        ("tests/unit/tables/test_swap.py", "tests/faults/test_races.py"),
    ),
    Mutant(
        "never-looks-at-the-log",
        _SWAP,
        "if batch is not None and is_committed(snapshot, batch, app):",
        "if batch is not None and is_committed(snapshot, batch, app) and not snapshot.version:",
        "a lost reply of a commit adds its files twice",
        ("tests/unit/tables/test_swap.py", "tests/unit/tables/write/test_commit.py"),
    ),
    Mutant(
        "rewrites-as-compaction",
        _SWAP,
        "return WriteKind.REWRITE if moves else WriteKind.COMPACT",
        "return WriteKind.COMPACT if moves else WriteKind.REWRITE",
        "a rewrite is let into a table whose features it would break",
        ("tests/unit/tables/test_swap.py",),
    ),
    Mutant(
        "believes-staged-sizes",
        _VERIFY,
        "if size != file.size:",
        "if size is None:",
        "a staged file that was cut short is added to the table",
        ("tests/unit/tables",),
    ),
    Mutant(
        "believes-row-counts",
        _VERIFY,
        "if metadata.num_rows != file.rows:",
        "if metadata.num_rows < 0:",
        "a staged file with other rows than were counted is added",
        ("tests/unit/tables",),
    ),
    Mutant(
        "loses-rows",
        _VERIFY,
        "if returned != accepted + rejected:",
        "if returned < accepted + rejected:",
        "rows that got lost between the count and the staged files are not missed",
        ("tests/unit/tables", "tests/unit/flow/build"),
    ),
    Mutant(
        "a-key-twice",
        _VERIFY,
        '.where("count > 1")',
        '.where("count > 2")',
        "a merge takes two rows of one key",
        ("tests/unit/flow/build/test_blocking.py",),
    ),
    Mutant(
        "null-keys",
        _VERIFY,
        'return int(file.stats["nullCount"].get(column, file.rows))',
        "return 0",
        "NULL gets into a column that must have none",
        ("tests/unit/tables", "tests/unit/flow/build"),
    ),
    Mutant(
        "half-of-a-key",
        _SUPERSEDE,
        "if len(each) == 1 or not likely.true_count:",
        "if likely.null_count == 0:",
        "a merge deletes rows whose key columns match, each with another key",
        ("tests/unit/tables/write/test_supersede.py",),
    ),
    Mutant(
        "keeps-what-it-replaces",
        _SUPERSEDE,
        "stays, row = pc.invert(superseded[file.path]), 0",
        "stays, row = superseded[file.path], 0",
        "a merge keeps the superseded rows and drops the others",
        ("tests/unit/tables/write/test_supersede.py",),
    ),
    Mutant(
        "believes-the-log",
        _SUPERSEDE,
        "row += own.num_rows",
        "row += file.rows",
        "a log that miscounts one file moves the mask of the next one",
        ("tests/unit/tables/write/test_supersede.py",),
    ),
    Mutant(
        "forgets-the-quarantine",
        _COMMIT,
        "    commit_quarantine(lake, intent)\n",
        "",
        "rejected records are in no table",
        ("tests/unit/tables/write/test_commit.py", "tests/unit/flow/build/test_blocking.py"),
    ),
    Mutant(
        "believes-its-audit",
        _COMMIT,
        "and not recheck(snapshot, intent)",
        "and recheck(snapshot, intent) is None",
        "a batch whose checks no longer hold after another writer is published",
        ("tests/unit/tables/write/test_commit.py", "tests/faults/test_races.py"),
    ),
    Mutant(
        "two-decisions",
        _CONTROL,
        "        return winner",
        "        return intent",
        "the loser of a decision believes that it won",
        ("tests/unit/tables/write/test_commit.py",),
    ),
    Mutant(
        "forgets-an-open-quote",
        _SCAN,
        "unclosed = final and len(quotes) % 2",
        "unclosed = False",
        "a last record whose quote nobody closes is taken as it stands",
        ("tests/unit/sources/parsing/test_scan.py",),
    ),
    Mutant(
        "believes-every-quote",
        _SCAN,
        "return bool(before.all() and after.all())",
        "return True",
        "a quote inside a field turns records into one",
        ("tests/unit/sources/parsing/test_scan.py",),
    ),
    Mutant(
        "one-too-large",
        _CAST,
        "-(2 ** (bits - 1)) <= value < 2 ** (bits - 1)",
        "-(2 ** (bits - 1)) <= value <= 2 ** (bits - 1)",
        "a number that is one too large for its type is no reject but an error",
        ("tests/unit/sources/values/test_from_text.py",),
    ),
    Mutant(
        "rounds-decimals",
        _CAST,
        "traps=[Inexact, InvalidOperation]",
        "traps=[InvalidOperation]",
        "digits that do not fit a decimal are rounded away",
        ("tests/unit/sources/values/test_from_text.py",),
    ),
    Mutant(
        "last-key-wins",
        "clearwell/sources/formats/json.py",
        'raise _Refused("json_keys", f"key {twice[:80]!r} stands twice in one object")',
        "return dict(pairs)",
        "of a key that an object has twice, one value is lost",
        ("tests/unit/sources/formats/test_json.py",),
    ),
    Mutant(
        "guesses-the-mark",
        "clearwell/sources/parsing/encoding.py",
        "file.seek(len(mark))",
        "file.seek(0)",
        "the byte order mark becomes part of the first column's name",
        ("tests/unit/sources/parsing/test_encoding.py", "tests/unit/sources/formats/test_csv.py"),
    ),
    Mutant(
        "drift-is-silent",
        "clearwell/sources/drift.py",
        'if missing and spec.missing_column == "reject":',
        "if False:",
        "a file that lacks a column is taken although drift is to be rejected",
        ("tests/unit/sources/test_drift.py",),
    ),
)
