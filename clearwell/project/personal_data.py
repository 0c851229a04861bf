"""The one rule about personal data: which columns hold it, and what stands in place of their values.

Personal is a column that `personal:` in the YAML names, of its own table or of one upstream (it keeps its
name), and a column that lineage derives from a personal one under any name: by its values, not by a filter
or a join. So is one whose origin the plan hides, if an input has personal columns. `derived: {city: public}`
frees a column, and all that is made from it alone. Provenance is never personal.

Every place that shows or keeps values asks here: commands, pages, samples, statistics, events, releases.
"""

from __future__ import annotations

import json
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self

from clearwell.lineage import MISSING
from clearwell.names import PROVENANCE
from clearwell.project.specs import CuratedSpec, TableSpec
from clearwell.quality import is_personal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from clearwell.model import Edge
    from clearwell.project.load import Project
    from clearwell.tables import Lake

__all__ = ["PERSONAL", "PersonalData", "masked", "masked_json", "tables_before"]

PERSONAL = "(personal)"
"""Shown in place of a value of a column that holds personal data."""


class PersonalData:
    """The personal columns of a project's tables.

    Args:
        project: Its YAML names them.
        edges: Gives the recorded lineage by table; not called if the YAML names none.
    """

    def __init__(self, project: Project, edges: Callable[[], Mapping[str, Sequence[Edge]]]) -> None:
        self._project = project
        self._edges = edges

    @classmethod
    def of(cls, project: Project, lake: Lake) -> Self:
        """The same by the lineage that ``lake`` has recorded."""
        from clearwell.tables import lineage_of

        return cls(project, partial(lineage_of, lake))

    def with_edges(self, table: str, edges: Sequence[Edge]) -> PersonalData:
        """The same, with ``edges`` as the lineage of ``table``: that of rows which are not in it yet."""
        return PersonalData(self._project, lambda: {**self._edges(), table: edges})

    def columns(self, table: str) -> frozenset[str]:
        """The personal columns of a table, of a dataset, or of raw files (``raw_orders``)."""
        spec = self._project.datasets.get(table)
        return self._found.get(spec.from_table if spec else table, frozenset())

    def of_all(self, tables: Iterable[str]) -> frozenset[str]:
        """Those of several tables."""
        return frozenset(column for table in tables for column in self.columns(table))

    @cached_property
    def _found(self) -> dict[str, frozenset[str]]:
        """By table: what is named there or upstream, and then what lineage derives from it."""
        made = self._project.produced
        declared = {name: frozenset(getattr(spec, "personal", ())) for name, spec in made.items()}
        if not any(declared.values()):
            return {}
        raw = {f"raw_{spec.name}": frozenset(spec.personal) for spec in self._project.tables.values()}
        freed = {name: _freed(spec, name) for name, spec in made.items()}
        inputs = {name: _inputs(spec, name) for name, spec in made.items()}
        edges = self._edges()

        def named(table: str, known: Mapping[str, frozenset[str]]) -> Iterable[str]:
            return (*declared.get(table, ()), *(c for i in inputs.get(table, ()) for c in known.get(i, ())))

        def derived(table: str, known: Mapping[str, frozenset[str]]) -> Iterable[str]:
            held = any(known.get(name) for name in inputs.get(table, ()))
            for edge in edges.get(table, ()):
                hidden = held and edge.subtype == MISSING
                if hidden or (edge.is_direct and is_personal(edge.source_column, known.get(edge.source, ()))):
                    yield edge.column

        found = {**raw, **declared}
        for rule in (named, derived):
            found = _settled(found, {*made, *edges}, rule, freed)
        return found


def masked(values: Mapping[str, Any], personal: Collection[str]) -> dict[str, Any]:
    """``values`` by column, without those of ``personal`` columns."""
    return {k: PERSONAL if v is not None and is_personal(k, personal) else v for k, v in values.items()}


def masked_json(text: str, personal: Collection[str]) -> str:
    """The same of a row as JSON; text that is no such row is withheld as a whole."""
    try:
        row = json.loads(text)
    except ValueError:
        return PERSONAL
    return json.dumps(masked(row, personal), ensure_ascii=False) if isinstance(row, dict) else PERSONAL


def tables_before(project: Project, table: str) -> tuple[str, ...]:
    """The upstream tables of ``table``, nearest first."""
    made, found, to_visit = project.produced, dict[str, None](), [table]
    while to_visit:
        name = to_visit.pop(0)
        for before in _inputs(made.get(name), name):
            if before not in found and before != table:
                found[before] = None
                to_visit.append(before)
    return tuple(found)


def _settled(
    found: Mapping[str, frozenset[str]],
    tables: Collection[str],
    rule: Callable[[str, Mapping[str, frozenset[str]]], Iterable[str]],
    freed: Mapping[str, Collection[str]],
) -> dict[str, frozenset[str]]:
    """``found`` and what ``rule`` adds to each table, again until it adds nothing."""
    settled, is_new = dict(found), True
    while is_new:
        is_new = False
        for table in sorted(tables):
            known = settled.get(table, frozenset())
            more = {c for c in rule(table, settled) if c and not is_personal(c, freed.get(table, ()))}
            if not more - set(PROVENANCE) <= known:
                settled[table] = known | more - set(PROVENANCE)
                is_new = True
    return settled


def _freed(spec: object, table: str) -> Collection[str]:
    """The columns of ``table`` that its YAML calls public: bronze has raw values, none of them derived."""
    is_bronze = isinstance(spec, TableSpec) and table == str(spec.bronze_table)
    return () if is_bronze else getattr(spec, "derived", {}).keys()


def _inputs(spec: object, name: str) -> tuple[str, ...]:
    match spec:
        case CuratedSpec():
            return spec.inputs
        case TableSpec() if name != str(spec.bronze_table):
            return (str(spec.bronze_table),)
        case _:
            return ()
