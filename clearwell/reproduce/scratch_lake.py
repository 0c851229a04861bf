"""A temporary lake for the time of a block, where the working engine can reach it.

A local engine gets a temporary folder. Workers of a cluster do not see that, so theirs is ``verify-...``
beside the silver tables of the real lake, in a shared folder or in a bucket. It is removed at the end, also
after a failure. What a killed process leaves in a folder is removed by the next; in a bucket it may be
removed manually.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from clearwell.engines.scratch import Scratch
from clearwell.errors import ClearwellError, TableError
from clearwell.names import Zone, is_url
from clearwell.tables import Lake

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["scratch_lake"]

_LOCAL = ("embedded", "spark")
_WRITTEN_BY_ENGINES = (Zone.SILVER, Zone.GOLD, Zone.QUARANTINE)
_log = logging.getLogger("clearwell")


@contextmanager
def scratch_lake(real: Lake, engine: str, where: str | None = None) -> Generator[Lake]:
    """An empty lake beside ``real``, removed when the block ends.

    Args:
        real: The lake, which is not changed.
        engine: The name of the engine that will write there.
        where: A folder or an address for it; default: see above.

    Raises:
        TableError: nothing can be written there.
    """
    if where is None and engine not in _LOCAL:
        where = real.store.absolute(Zone.SILVER.value).rpartition("/")[0]
    with ExitStack() as folders:
        temporary = folders.enter_context(Scratch(prefix="clearwell-verify-"))
        if where is None:
            yield Lake(temporary)
            return
        if is_url(where):
            base = f"{where.rstrip('/')}/verify-{uuid4().hex[:12]}"
        else:
            base = str(folders.enter_context(_made(Path(where))))
        lake = Lake(temporary, places={zone.value: f"{base}/{zone}" for zone in _WRITTEN_BY_ENGINES})
        try:
            yield lake
        finally:
            if is_url(base):
                _remove(lake, base)


def _made(folder: Path) -> Scratch:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Scratch(str(folder), prefix="verify-")
    except OSError as error:
        raise TableError(
            f"no scratch folder can be made here: {error.strerror}",
            place=str(folder),
            hint="use another place: --scratch PATH, or an address such as s3://BUCKET/PREFIX",
        ) from error


def _remove(lake: Lake, base: str) -> None:
    """Remove the files; a place that cannot be emptied is logged, but is not an error."""
    try:
        for zone in _WRITTEN_BY_ENGINES:
            lake.store.delete([file.path for file in lake.store.list(zone.value)])
    except (OSError, ClearwellError) as error:
        _log.warning("%s could not be removed: %s; remove it manually", base, error)
