"""The input for OpenLineage events: facts of a step, its data and its checks, as plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearwell.model import CheckResult

__all__ = ["Assertions", "DataFacts", "RunFacts", "Written"]


@dataclass(frozen=True)
class DataFacts:
    """A dataset: its location, its name in the lake, and facts from its YAML and its log.

    ``storage`` is ``delta`` or None for files; ``change`` is OpenLineage's lifecycle state.
    """

    path: str
    name: str
    columns: tuple[tuple[str, str], ...] = ()
    version: str | None = None
    storage: str | None = None
    file_format: str | None = None
    description: str | None = None
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    personal: frozenset[str] = frozenset()
    change: str | None = None


@dataclass(frozen=True)
class Written:
    """Rows, bytes and files that a step read or wrote; and the totals of the table, NULLs by column."""

    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    table_rows: int | None = None
    table_bytes: int | None = None
    table_files: int | None = None
    nulls: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Assertions:
    """The results of a table's checks, and the column of each that concerns one."""

    checks: Sequence[CheckResult]
    columns: Mapping[str, str]


@dataclass(frozen=True)
class RunFacts:
    """The run of one step. ``run`` is the parent run; ``attempt`` counts its tries from 0.

    ``engine`` is the name and version of the engine; ``code`` the location of the transform in its
    repository: url, path, version, branch.
    """

    namespace: str
    project: str
    step: str
    kind: str
    run: str
    started: str
    ended: str
    attempt: int = 0
    engine: tuple[str, str] = ("arrow", "")
    code: Mapping[str, str] = field(default_factory=dict[str, str])
    description: str | None = None

    @property
    def run_id(self) -> str:
        """The same UUID for the same step of the same run."""
        return self._id(self.step if not self.attempt else f"{self.step}#{self.attempt}")

    @property
    def audit_id(self) -> str:
        """The run of the step's audit."""
        return self._id(f"{self.step}.audit")

    @property
    def parent_id(self) -> str:
        """The parent run, as a UUID."""
        try:
            return str(UUID(self.run))
        except ValueError:
            return str(uuid5(NAMESPACE_URL, f"clearwell/{self.run}"))

    def _id(self, name: str) -> str:
        return str(uuid5(UUID(self.parent_id), name))
