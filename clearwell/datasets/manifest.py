"""The contents of a release: ``manifest.json`` in its folder, and ``current.json`` above it.

A manifest lists every data file with its rows, bytes and SHA-256, the splits with their content fingerprints,
and the inputs of the release. Paths are relative and must not leave the folder. A manifest of a later format
than those known here is refused; keys that older readers do not know are stored where they ignore them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from clearwell.errors import DatasetError, ReleaseNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CURRENT",
    "FORMAT",
    "INDEX_FORMAT",
    "MANIFEST",
    "Column",
    "Input",
    "Manifest",
    "ReleaseFile",
    "SplitFiles",
    "hash_file",
    "no_manifest",
]

FORMAT = 1
INDEX_FORMAT = 2
"""For inference releases whose index is an Arrow file; readers of format 1 cannot use it."""

MANIFEST = "manifest.json"
CURRENT = "current.json"

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ReleaseFile:
    """A data file: its path in the release's folder, its format, and its expected contents.

    ``format`` is ``parquet`` or ``arrow`` (the rows), ``lineage`` (the origin of each row: ``_file_id`` and
    ``_record_no``, in the order of the rows), or ``index`` (which row has which key).
    """

    path: str
    format: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class SplitFiles:
    """A split: its rows, their fingerprint, and the files that hold them in each format."""

    name: str
    rows: int
    fingerprint: str
    files: tuple[ReleaseFile, ...]

    def of(self, format: str) -> tuple[ReleaseFile, ...]:
        """The files of one format, in the order of the rows."""
        return tuple(file for file in self.files if file.format == format)


@dataclass(frozen=True)
class Column:
    """A column's name and Arrow type."""

    name: str
    type: str
    nullable: bool = True


@dataclass(frozen=True)
class Input:
    """A table that the release was made from: the Delta version that was read, and its state."""

    table: str
    version: int
    generation: int
    batch: int
    identity: int = 0


@dataclass(frozen=True)
class Manifest:
    """The contents of ``manifest.json``.

    ``identity`` identifies the inputs and settings of the release, ``fingerprint`` its contents; ``code`` is
    the hash of the code that made the input table, ``checks`` the results of its suite. ``achieved`` has the
    results of approximate settings: ``test_share``, the share of test rows; ``replaced_rows``, how many rows
    were replaced by a later one of their key. Inference releases have a ``key`` and ``features``, and the
    ``order`` of their rows is by the digest of the key, not of the row. ``personal`` are the columns with
    personal data, or derived from such, each with the reason why it may be released.
    """

    dataset: str
    version: int
    kind: str
    created: str
    clearwell_version: str
    identity: str
    fingerprint: str
    fingerprint_algorithm: str
    rows: int
    schema: tuple[Column, ...]
    splits: tuple[SplitFiles, ...]
    inputs: tuple[Input, ...]
    settings: Mapping[str, Any]
    label: str | None = None
    excluded: tuple[str, ...] = ()
    description: str | None = None
    owners: tuple[str, ...] = ()
    license: str | None = None
    order: str = "digest"
    code: str | None = None
    checks: tuple[Mapping[str, Any], ...] = ()
    key: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    achieved: Mapping[str, Any] = field(default_factory=dict[str, Any])
    personal: Mapping[str, str] = field(default_factory=dict[str, str])
    format: int = FORMAT

    @property
    def files(self) -> tuple[ReleaseFile, ...]:
        """Every data file of the release."""
        return tuple(file for split in self.splits for file in split.files)

    @property
    def bytes(self) -> int:
        """Size of all data files."""
        return sum(file.bytes for file in self.files)

    def to_json(self) -> str:
        """The text of the file: keys in a fixed order, one newline at the end."""
        head = {"format": self.format}
        return json.dumps({**head, **asdict(self)}, indent=2, ensure_ascii=False, default=str) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of the release at ``folder``.

        Raises:
            DatasetError: there is none, it cannot be read, or a later version of Clearwell wrote it.
        """
        file = folder / MANIFEST
        try:
            text = file.read_bytes()
        except FileNotFoundError:
            raise no_manifest(str(folder)) from None
        except OSError as error:
            raise _not_readable(str(file), error) from error
        return cls.parse(text, str(file))

    @classmethod
    def parse(cls, text: bytes, place: str) -> Manifest:
        """The manifest in ``text``, read from ``place``; raises DatasetError."""
        try:
            raw = json.loads(text.decode("utf-8"))
        except ValueError as error:
            raise _not_readable(place, error) from error
        return _parsed(raw, place)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def no_manifest(place: str) -> ReleaseNotFound:
    """The error for a path that is not a release."""
    hint = "name the folder of one version"
    return ReleaseNotFound("no release here: there is no manifest.json", place=place, hint=hint)


def _not_readable(place: str, error: Exception) -> DatasetError:
    return DatasetError(f"not readable: {error}", place=place, hint="copy the release again")


def _parsed(raw: Any, place: str) -> Manifest:
    format = cast("dict[str, Any]", raw).get("format") if isinstance(raw, dict) else None
    if isinstance(format, int) and format > INDEX_FORMAT:
        raise DatasetError(
            f"written in format {format}, but this version of Clearwell reads up to {INDEX_FORMAT}",
            place=place,
            hint="install a later version of clearwell",
        )
    try:
        parts: dict[str, Any] = {
            "schema": tuple(Column(**_known(Column, c)) for c in raw["schema"]),
            "inputs": tuple(Input(**_known(Input, i)) for i in raw["inputs"]),
            "splits": tuple(_split(s) for s in raw["splits"]),
            "checks": tuple(raw.get("checks", ())),
            "excluded": tuple(raw.get("excluded", ())),
            "owners": tuple(raw.get("owners", ())),
            "key": tuple(raw.get("key", ())),
            "features": tuple(raw.get("features", ())),
        }
        manifest = Manifest(**{**_known(Manifest, raw), **parts})
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise _not_a_manifest(place, str(error)) from error
    if format not in (FORMAT, INDEX_FORMAT):
        raise _not_a_manifest(place, f"its format is {format!r}")
    for entry in manifest.files:
        if _leads_out(entry.path):
            raise _not_a_manifest(place, f"the path {entry.path!r} is outside the release")
    return manifest


def _not_a_manifest(place: str, why: str) -> DatasetError:
    hint = "copy the release again, or publish it again"
    return DatasetError(f"not a manifest: {why}", place=place, hint=hint)


def _split(raw: dict[str, Any]) -> SplitFiles:
    parts: dict[str, Any] = {"files": tuple(ReleaseFile(**_known(ReleaseFile, f)) for f in raw["files"])}
    return SplitFiles(**{**_known(SplitFiles, raw), **parts})


def _known(record: type, raw: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(record)}
    return {key: value for key, value in raw.items() if key in names}


def _leads_out(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in path
