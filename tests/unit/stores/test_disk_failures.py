"""What the operating system refuses is named by its own name, from whichever library it comes."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import StoreError
from clearwell.stores import disk_failure, explained, refusal
from clearwell.tables import Lake
from clearwell.tables import swap as swap_module
from clearwell.tables.swap import Change, add, swap
from tests.unit.tables.writing import NAME, ids, stage, write

if TYPE_CHECKING:
    from pathlib import Path

# As seen of deltalake 1.6.6, obstore 0.11 and pyarrow 25, on a full and on a read-only disk.
TEXTS = [
    (("Generic LocalFileSystem error\n  \x1b[31m↳\x1b[0m Unable to copy data to file\n   "
     "\x1b[31m↳\x1b[0m No space left on device (os error 28)\n"), errno.ENOSPC),
    (("Generic LocalFileSystem error: Unable to create dir /x: Permission denied (os error 13)\n\n"
     'Debug source:\nGeneric {\n    store: "LocalFileSystem"'), errno.EACCES),
    ('Could not create local directory: /x\nError: Os { code: 30, kind: ReadOnlyFilesystem, message: "" }',
     errno.EROFS),
    ("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device 28", errno.ENOSPC),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), TEXTS)
def test_a_library_s_text_is_read(text: str, number: int) -> None:
    found = refusal(RuntimeError(text), "/lake")
    assert found is not None
    assert (found.fact, found.place, found.transient) == (os.strerror(number).lower(), "/lake", False)
    assert found.hint
    assert "Debug" not in str(found)


@pytest.mark.parametrize("text", ["", "os error", "Broken pipe (os error 32)", "No such file (os error 2)"])
def test_any_other_failure_is_none_of_the_disk(text: str) -> None:
    assert disk_failure(RuntimeError(text), "/lake") is None


def test_the_system_s_own_error_is_explained() -> None:
    with pytest.raises(StoreError, match="read-only file system") as caught, explained("/lake"):
        raise OSError(errno.EROFS, "Read-only file system", "/lake/x")
    assert "mount it for writing" in (caught.value.hint or "")


def test_a_commit_on_a_full_disk_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, [1])
    tries: list[int] = []

    def full(*_: object) -> None:
        tries.append(1)
        raise OSError(TEXTS[0][0])

    monkeypatch.setattr(swap_module, "_commit", full)
    staged = [add(file) for file in stage(lake, [2]).accepted]
    with pytest.raises(StoreError, match="no space left on device") as caught:
        swap(lake.table(NAME), lambda _: Change(adds=staged), batch=2)
    assert len(tries) == 1
    assert "make room" in (caught.value.hint or "")
    assert ids(lake) == [1]
