"""Compare existing files with known files: first by content, then by path.

A path with other content is a *change* only if its former content is gone: after a log rotation, the old
content exists under its new name, and the path has a new file. The old content has then *moved*: the ledger
learns its new path, by which it is ordered, and at which a later change is noticed. Content that was taken
back does not move: under another name it is a duplicate, and its former path stays that of its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.sources.records import Changed, Discovery, Duplicate, KnownFile, RawFile, Skipped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = ["compare"]


def compare(
    known: Mapping[str, KnownFile],
    same: Iterable[KnownFile],
    identified: Sequence[RawFile],
    growing: Iterable[str],
    skipped: Iterable[Skipped],
    *,
    retracted: Collection[str] = (),
) -> Discovery:
    """Sort ``identified`` files (by path), given the known files that exist unchanged (``same``).

    Those ``retracted`` are known, so that none is new, but their paths are free for other content.
    """
    ids_at: dict[str, list[str]] = {}
    for file_id, file in known.items():
        if file_id not in retracted:
            ids_at.setdefault(file.path, []).append(file_id)
    there = set(same)
    present = {i for i, file in known.items() if file in there}
    unchanged = len(present)
    present |= {file.file_id for file in identified}
    holders = {file_id: file.path for file_id, file in known.items()}
    held = {*((file.path, i) for i, file in known.items() if file in there)}
    held |= {(file.path, file.file_id) for file in identified}
    unsure = {*growing, *(skip.path for skip in skipped)}
    new: list[RawFile] = []
    touched: list[RawFile] = []
    moved: set[str] = set()
    duplicates: list[Duplicate] = []
    changed: list[Changed] = []
    for file in identified:
        before = ids_at.get(file.path, [])
        lost = tuple(file_id for file_id in before if file_id not in present)
        holder = holders.setdefault(file.file_id, file.path)
        as_known = known.get(file.file_id)
        if as_known and as_known.path == file.path:
            unchanged += 1
            if as_known != file.known:
                touched.append(file)
        elif lost:
            changed.append(Changed(file, lost, taken=holder != file.path))
        elif (
            as_known
            and file.file_id not in retracted
            and holder not in unsure
            and (holder, file.file_id) not in held
            and file.file_id not in moved
        ):
            moved.add(file.file_id)
            unchanged += 1
            touched.append(file)
        elif holder != file.path:
            duplicates.append(Duplicate(file, holder))
        else:
            new.append(file)
    left = (*growing, *(skip.path for skip in skipped))
    taken_paths = {*left, *(file.path for file in same), *(file.path for file in identified)}
    gone = sorted(
        (file.path, file_id)
        for file_id, file in known.items()
        if file_id not in present and file_id not in retracted and file.path not in taken_paths
    )
    return Discovery(
        new=tuple(new),
        duplicates=tuple(duplicates),
        changed=tuple(changed),
        growing=tuple(sorted(growing)),
        missing={file_id: known[file_id] for _, file_id in gone},
        skipped=tuple(sorted(skipped, key=lambda skip: skip.path)),
        unchanged=unchanged,
        touched=tuple(touched),
    )
