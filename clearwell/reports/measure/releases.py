"""The releases of a lake: the contents of each, its inputs, and how often its label is true."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.datasets import Dataset
from clearwell.errors import ClearwellError
from clearwell.names import is_url
from clearwell.reports.content import Bars, Cell, Section, Table
from clearwell.reports.formats import percent
from clearwell.stores import parquet_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from clearwell.datasets import Manifest, ReleaseStore, SplitFiles
    from clearwell.reports.content import Row
    from clearwell.reports.measure.storage import LakeStorage

__all__ = ["Release", "measure_releases", "release_section", "releases_document"]

_MOST_ROWS = 50
_MOST_BARS = 8
_HUES = 5


@dataclass(frozen=True)
class Release:
    """A release according to its manifest; ``problem`` instead, if that cannot be read.

    ``positive`` counts, by split, where the label is true and where it is not NULL: only for the newest
    release of a dataset, and only for a boolean label.
    """

    dataset: str
    version: int
    is_current: bool
    kind: str = ""
    created: str = ""
    rows: int = 0
    splits: Mapping[str, int] = field(default_factory=dict[str, int])
    bytes: int = 0
    fingerprint: str = ""
    label: str | None = None
    positive: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    inputs: tuple[str, ...] = ()
    problem: str | None = None


def measure_releases(release_store: ReleaseStore, storage: LakeStorage) -> tuple[Release, ...]:
    """Every release of a lake, the newest of each dataset first."""
    found: list[Release] = []
    for dataset in storage.releases:
        versions = release_store.versions(dataset.name)
        for version in reversed(versions):
            is_current = version == dataset.current_version
            try:
                manifest = release_store.manifest(dataset.name, version)
                positive = _positive(release_store, manifest) if version == versions[-1] else {}
                found.append(_release(manifest, positive, is_current=is_current))
            except ClearwellError as error:
                found.append(Release(dataset.name, version, is_current, problem=error.fact))
    return tuple(found)


def releases_document(releases: Sequence[Release]) -> list[dict[str, Any]]:
    """All of it, as plain data."""
    return [{**vars(r), "splits": dict(r.splits), "positive": dict(r.positive)} for r in releases]


def release_section(releases: Sequence[Release]) -> Section:
    """The releases as a part of the report."""
    how = (
        "From the manifest of each release: rows, bytes of its data files, the time when it was made, the "
        "table versions that it was made from, and the first 12 digits of the fingerprint of its rows. The "
        "share of the label is counted in the files of the newest release of a dataset, where the label is "
        "true or false: true / (true + false)."
    )
    head = (
        "dataset",
        "version",
        "rows",
        "by split (label true)",
        "label",
        "created",
        "bytes",
        "kind",
        "made from",
        "fingerprint",
    )
    shown, rest = releases[:_MOST_ROWS], releases[_MOST_ROWS:]
    foot: list[Row] = []
    if rest:
        size = f"{sum(r.bytes for r in rest):,}"
        name = f"{len(rest):,} other releases"
        foot.append((name, "", f"{sum(r.rows for r in rest):,}", "", "", "", size, "", "", ""))
    words = frozenset(head) - {"rows", "bytes"}
    table = Table(
        "Releases", head, tuple(map(_row, shown)), words, tuple(foot), empty="nothing has been released yet"
    )
    return Section("releases", "Releases", how, _bars(releases), (table,))


def _release(manifest: Manifest, positive: Mapping[str, tuple[int, int]], *, is_current: bool) -> Release:
    return Release(
        dataset=manifest.dataset,
        version=manifest.version,
        is_current=is_current,
        kind=manifest.kind,
        created=manifest.created,
        rows=manifest.rows,
        splits={split.name: split.rows for split in manifest.splits},
        bytes=manifest.bytes,
        fingerprint=manifest.fingerprint,
        label=manifest.label,
        positive=positive,
        inputs=tuple(f"{i.table} version {i.version}" for i in manifest.inputs),
    )


def _positive(release_store: ReleaseStore, manifest: Manifest) -> dict[str, tuple[int, int]]:
    if manifest.label not in {c.name for c in manifest.schema if c.type == str(pa.bool_())}:
        return {}
    found: dict[str, tuple[int, int]] = {}
    for split in manifest.splits:
        true = known = 0
        for column in _labels(release_store, manifest, split):
            true += pc.sum(column).as_py() or 0
            known += len(column) - column.null_count
        found[split.name] = (true, known)
    return found


def _labels(release_store: ReleaseStore, manifest: Manifest, split: SplitFiles) -> Iterator[Any]:
    """The label of each row. For Parquet files in a store no other column is fetched."""
    where, label = release_store.address(manifest.dataset, manifest.version), [str(manifest.label)]
    if is_url(where) and (files := split.of("parquet")):
        for file in files:
            with parquet_file(f"{where}/{file.path}") as parquet:
                for batch in parquet.iter_batches(columns=label):
                    yield batch.column(0)
        return
    folder = release_store.folder(manifest.dataset, manifest.version)
    for batch in Dataset(folder).split(split.name).to_batches(label):
        yield batch.column(0)


def _row(release: Release) -> Row:
    name = f"v{release.version}{' (current)' if release.is_current else ''}"
    if release.problem:
        return (release.dataset, name, Cell(release.problem, "bad"), *("-",) * 7)
    splits = (
        f"{split} {rows:,}" + (f" ({percent(*release.positive[split])})" if split in release.positive else "")
        for split, rows in release.splits.items()
    )
    return (
        release.dataset,
        name,
        f"{release.rows:,}",
        ", ".join(splits),
        release.label or "-",
        release.created[:16].replace("T", " "),
        f"{release.bytes:,}",
        release.kind,
        ", ".join(release.inputs),
        release.fingerprint[:12],
    )


def _bars(releases: Sequence[Release]) -> tuple[Bars, ...]:
    newest = {r.dataset: r for r in reversed(releases) if not r.problem}
    shown = [newest[name] for name in sorted(newest)][:_MOST_BARS]
    if not shown:
        return ()
    splits = tuple(dict.fromkeys(split for release in shown for split in release.splits))
    rows = tuple(
        (f"{r.dataset} v{r.version}", tuple(r.splits.get(split, 0) for split in splits)) for r in shown
    )
    how = "The newest release of each dataset, from its manifest. The same figures are in the table below."
    colours = tuple(f"hue{number % _HUES}" for number in range(len(splits)))
    return (Bars("Rows of releases by split", how, "rows", splits, rows, colours),)
