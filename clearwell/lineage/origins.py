"""What a run knows beyond the plans themselves: which frames are tables, and which views exist.

A plan names its leaves by files, or not at all where a table is empty; but every relation in it has the plan
id that the client gave its DataFrame. So the plan id of a frame read from a table is recorded, and where it
occurs in a plan again, that relation is the table, whatever is below it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Origins", "Table", "View", "plan_of", "view_key"]

_CREATES_VIEW = re.compile(r"\s*create\s.*?\bview\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Table:
    """A table of the lake, as a leaf of plans."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A named relation, and the views that existed when it got the name: engines resolve it then."""

    relation: Any
    views: Mapping[str, View] = field(default_factory=dict[str, "View"])


class Origins:
    """The tables that frames were read from, and the views that transforms created, in one session."""

    def __init__(self) -> None:
        self.views: dict[str, View] = {}
        self._tables: dict[int, Table] = {}

    def add(self, frame: DataFrame, name: str, columns: Sequence[str]) -> DataFrame:
        """Record that ``frame`` is the table ``name`` with exactly these columns; returns the same frame."""
        self._tables[_logical(frame)._plan_id] = Table(name, tuple(columns))  # noqa: SLF001
        return frame

    def table(self, relation: Any) -> Table | None:
        """The table that a relation of a plan represents, if any."""
        common = relation.common
        return self._tables.get(common.plan_id) if common.HasField("plan_id") else None

    @contextmanager
    def watch(self, session: SparkSession) -> Generator[None]:
        """Within the block, record the views and checkpoints that are created in ``session``."""
        client: Any = session.client
        execute = client.execute_command

        def execute_and_keep(command: Any, *args: Any, **kwargs: Any) -> Any:
            answer = execute(command, *args, **kwargs)
            self._keep(command, answer[1])
            return answer

        client.execute_command = execute_and_keep
        try:
            yield
        finally:
            client.execute_command = execute

    def _keep(self, command: Any, properties: Mapping[str, Any]) -> None:
        kind = command.WhichOneof("command_type")
        if kind == "create_dataframe_view":
            made = command.create_dataframe_view
            name = f"global_temp.{made.name}" if made.is_global else made.name
            self._add_view(view_key(name), made.input)
        elif kind == "checkpoint_command" and (found := properties.get("checkpoint_command_result")):
            self._add_view(f"checkpoint {found._plan._relation_id}", command.checkpoint_command.relation)  # noqa: SLF001
        elif kind == "sql_command" and _CREATES_VIEW.match(_sql(command.sql_command.input).query):
            self._add_sql_view(command.sql_command.input)

    def _add_view(self, key: str, relation: Any) -> None:
        self.views[key] = View(relation, dict(self.views))

    def _add_sql_view(self, relation: Any) -> None:
        from clearwell.lineage.sql.queries import created_view

        if made := created_view(_sql(relation).query):
            name, query, names = made
            content = type(relation)()
            content.CopyFrom(relation)
            _sql(content).query = query
            if names:
                outer = type(relation)()
                outer.to_df.input.CopyFrom(content)
                outer.to_df.column_names.extend(names)
                content = outer
            self._add_view(view_key(name), content)


def plan_of(frame: DataFrame) -> Any:
    """The relation that the client would send for ``frame``, unchanged and never compressed."""
    return _logical(frame).plan(frame.sparkSession.client)


def view_key(name: str) -> str:
    """A view's name for comparison: without quotes, in lower case."""
    return name.replace("`", "").lower()


def _sql(relation: Any) -> Any:
    """The text of an SQL relation, inside the relations that it refers to."""
    return relation.with_relations.root.sql if relation.HasField("with_relations") else relation.sql


def _logical(frame: DataFrame) -> Any:
    """The client's plan of ``frame``: a private attribute, but the only access; tests cover the contract."""
    return frame._plan  # noqa: SLF001
