"""The files that an engine has committed, where it reports them: a listing may show more, or sometimes fewer.

Spark ends its work with a file ``_SUCCESS``. Its committers for object stores, which rename nothing, write
the names of the committed files into it; Hadoop cuts that list at 100. Files that a lost task left behind are
in the listing but not among the names. Sail writes no mark. In every case the rows of the files are counted
before they can enter a table.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clearwell.errors import CandidateRefused

if TYPE_CHECKING:
    from clearwell.names import TableName
    from clearwell.stores import StoredFile
    from clearwell.tables.lake import Lake

__all__ = ["committed_files"]

_MARK = "_SUCCESS"
_MOST_NAMED = 100
_UNSEEN = ("_", ".")


def committed_files(lake: Lake, name: TableName, folder: str, *, marked: bool) -> list[StoredFile]:
    """The Parquet files that were committed to ``folder`` of a table, sorted; ``marked``: by Spark.

    Raises:
        CandidateRefused: the mark is missing, or names files that do not exist.
    """
    whole = f"{name.path}/{folder}/"
    listed = {file.path.removeprefix(whole): file for file in lake.store.list(whole.rstrip("/"))}
    there = {path: file for path, file in sorted(listed.items()) if _is_data(path)}
    if _MARK not in listed:
        if marked and there:
            raise _refused(
                name, f"{len(there)} files are in {folder} and no success mark shows that they are complete"
            )
        return list(there.values())
    names = _names(lake.store.get(whole + _MARK) or b"", folder)
    if names is None:
        return list(there.values())
    if missing := sorted(set(names) - there.keys()):
        raise _refused(name, f"{len(missing)} committed files are not in {folder}, such as {missing[0]}")
    if len(names) >= _MOST_NAMED:  # there may be more that it does not name
        return list(there.values())
    return [there[path] for path in sorted(set(names))]


def _is_data(path: str) -> bool:
    return path.endswith(".parquet") and not any(part.startswith(_UNSEEN) for part in path.split("/"))


def _names(mark: bytes, folder: str) -> list[str] | None:
    """The committed files that ``_SUCCESS`` names, relative to ``folder``; None if it names none at all."""
    try:
        said = json.loads(mark).get("filenames") if mark.strip() else None
    except (ValueError, AttributeError):  # a mark in another format
        return None
    if not isinstance(said, list):
        return None
    return [_below(str(path), folder) for path in said]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _below(path: str, folder: str) -> str:
    above, found, below = path.partition(f"/{folder}/")
    if found:
        return below
    _, found, below = unquote(path).partition(f"/{folder}/")
    return below if found else above


def _refused(name: TableName, fact: str) -> CandidateRefused:
    return CandidateRefused(fact, place=str(name), hint="run again; it is staged again")
