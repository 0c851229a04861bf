"""Drift: the columns of a file compared with those of its table and of its source's declaration.

Always refused: a file with none of the expected columns (it has no header, or another delimiter than its
source says), and a name that differs only in case from an expected one, because Delta would treat it as the
same column or as none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.errors import did_you_mean
from clearwell.names import PROVENANCE
from clearwell.sources.records import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clearwell.sources.spec import SourceSpec

__all__ = ["check_drift"]


def check_drift(
    spec: SourceSpec, columns: Sequence[str], table_columns: Sequence[str] | None, path: str
) -> None:
    """Check the columns of the file at ``path`` against the table (None: it does not exist yet) and the spec.

    A first file has no new columns; declared ones may be missing from it. Provenance columns among the names
    are ignored.

    Raises:
        UnreadableFile: a new or missing column where the policy says ``reject``, no expected column
            at all, or a name that differs only in case from an expected one.
    """
    found = [name for name in columns if name not in PROVENANCE]
    expected = dict.fromkeys([*(table_columns or ()), *spec.columns])
    for name in PROVENANCE:
        expected.pop(name, None)
    folded = {name.casefold(): name for name in expected}
    new = [name for name in found if name not in expected]
    for name in new:
        if (other := folded.get(name.casefold())) is not None:
            raise UnreadableFile(
                f"column {name!r} differs only in case from {other!r}",
                place=path,
                hint="rename the column in the file, or in `columns`",
            )
    if found and expected and len(new) == len(found):
        raise UnreadableFile(
            f"has none of the expected columns:{_listed(list(expected)).removeprefix('s')}",
            place=path,
            hint=_hint(found, expected, spec),
        )
    if new and table_columns is not None and spec.new_column == "reject":
        raise UnreadableFile(
            f"new column{_listed(new)}, and drift.new_column is reject",
            place=path,
            hint=did_you_mean(new[0], expected) or "set drift.new_column: evolve, or remove the file",
        )
    missing = [name for name in expected if name not in set(found)]
    if missing and spec.missing_column == "reject":
        raise UnreadableFile(
            f"missing column{_listed(missing)}, and drift.missing_column is reject",
            place=path,
            hint=did_you_mean(missing[0], found) or 'set drift.missing_column: "null", or remove the file',
        )


def _hint(found: Sequence[str], expected: Collection[str], spec: SourceSpec) -> str:
    """The next step; a header that is one name, and has most of the expected ones in it, was not cut."""
    inside = sum(name in found[0] for name in expected)
    if spec.format == "csv" and len(found) == 1 and inside * 2 > len(expected):
        return f"its columns are not separated by {spec.delimiter!r}: set `delimiter`"
    return "is it of this source, and its first line a header?"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:10])
    return f"{'s' if len(names) > 1 else ''} {shown}{' ...' if len(names) > 10 else ''}"
