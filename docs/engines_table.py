"""The part of docs/engines.md that is made from docs/engines.json, what the last run of the suite found."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.testing.conformance import Case, Gap

__all__ = ["write_table"]

_RESULTS = Path(__file__).parent / "engines.json"
_FUNCTIONS = Path(__file__).parent.parent / "clearwell" / "engines" / "sail_guard" / "functions.json"
_ENGINES = {"embedded": "embedded", "spark": "spark", "connect": "a cluster"}
_TWIN = "_in_columns"


def write_table() -> Iterator[str]:
    """The number of cases that each engine answers, the differences, and every case."""
    from clearwell.testing.conformance import CASES

    found: dict[str, dict[str, Any]] = json.loads(_RESULTS.read_text(encoding="utf-8"))
    yield "## Results\n"
    yield from _counts(CASES, found)
    yield "## Functions of the embedded engine\n"
    yield from _functions()
    yield "## Differences and their guards\n"
    yield (
        "Refused: the engine, or a guard before it, ends the query with an error that names an engine that"
        " can. Other: other rows are returned without an error, for the given reason.\n"
    )
    yield from _gaps()
    yield from _guards()
    yield "## All cases\n"
    yield from _cases(CASES, found)


def _counts(cases: tuple[Case, ...], found: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield f"| group | cases | {' | '.join(_ENGINES.values())} |"
    yield f"| --- | ---: | {' | '.join('---' for _ in _ENGINES)} |"
    groups = dict.fromkeys(case.group for case in cases)
    for group in (*groups, ""):
        names = [str(case) for case in cases if group in ("", case.group)]
        words = {engine: [_word(found.get(name, {}).get(engine)) for name in names] for engine in _ENGINES}
        cells = [_tally(Counter(words[engine])) for engine in _ENGINES]
        yield f"| {group or '**all**'} | {len(names)} | {' | '.join(cells)} |"
    yield ""


def _functions() -> Iterator[str]:
    """How many functions the embedded engine may be trusted with, and for which arguments not."""
    listed: dict[str, dict[str, Any]] = json.loads(_FUNCTIONS.read_text(encoding="utf-8"))
    own = {name: entry for name, entry in listed.items() if "as" not in entry and ":" not in name}
    differing = {
        name: [*entry.get("differs", []), *([] if "beyond_spark" in entry else entry.get("fails", []))]
        for name, entry in own.items()
    }
    accepted = {name: entry["accepted"] for name, entry in own.items() if "accepted" in entry}
    kinds = Counter(
        word
        for entry in own.values()
        for word in ("same", "close", "fails", "differs")
        for _ in entry.get(word, ())
    )
    yield (
        f"{len(own)} functions are listed. Of the combinations of kinds of arguments, {kinds['same']:,} are"
        f" the same, {kinds['close']:,} close, {kinds['fails']:,} have values where Spark fails, and"
        f" {kinds['differs']:,} differ. These, kinds that were not asked, and other functions are refused.\n"
    )
    yield "Refused for some kinds of arguments:\n"
    yield "| function | refused for |"
    yield "| --- | --- |"
    for name, refused in sorted(differing.items()):
        if refused and name not in accepted:
            yield f"| `{_cell(name)}` | {'; '.join(', '.join(one) or 'no argument' for one in refused)} |"
    yield ""
    yield "Trusted although values may differ:\n"
    yield "| function | why |"
    yield "| --- | --- |"
    beyond = {name: entry["beyond_spark"] for name, entry in own.items() if "beyond_spark" in entry}
    for name, why in sorted((accepted | beyond).items()):
        yield f"| `{name}` | {why} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _tally(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in ("right", "refused", "other") if counts[word])


def _gaps() -> Iterator[str]:
    from clearwell.testing.conformance import KNOWN_GAPS

    for engine, title in _ENGINES.items():
        grouped: dict[Gap, list[str]] = {}
        for name, gap in KNOWN_GAPS[engine].items():
            grouped.setdefault(gap, []).append(name)
        if engine == "connect" and KNOWN_GAPS[engine] == KNOWN_GAPS["spark"]:
            yield "### a cluster\n\nThe same as `spark`.\n"
            continue
        yield f"### {title}\n"
        yield "| behaviour | | owner | guard | cases |"
        yield "| --- | --- | --- | --- | --- |"
        for gap, names in sorted(grouped.items(), key=lambda item: not item[0].silent):
            guard = f"`{gap.guard}`" if gap.guard else gap.accepted or "its own error"
            shown = ", ".join(
                f"`{name}`" for name in names if name.removesuffix(_TWIN) not in names[: names.index(name)]
            )
            word = "other" if gap.silent else "refused"
            yield f"| {_cell(gap.reason)} | {word} | {gap.owner} | {_cell(guard)} | {shown} |"
        yield ""


def _guards() -> Iterator[str]:
    from clearwell.engines.sail_guard.names import Guard

    yield "### The guards\n"
    yield "| guard | what it does |"
    yield "| --- | --- |"
    for guard in Guard:
        yield f"| `{guard}` | {_cell(guard.sentence)} |"
    yield ""


def _cases(cases: tuple[Case, ...], found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """One row per case; a case that is also asked in columns shows both results if they differ."""
    yield f"| case | expectation | {' | '.join(_ENGINES.values())} |"
    yield f"| --- | --- | {' | '.join('---' for _ in _ENGINES)} |"
    for case in cases:
        name = str(case)
        if name.endswith(_TWIN):
            continue
        twin = found.get(f"{name}{_TWIN}")
        cells: list[str] = []
        for engine in _ENGINES:
            word, other = _word(found.get(name, {}).get(engine)), _word(twin.get(engine)) if twin else ""
            cells.append(word if other in ("", word) else f"{word} in SQL, {other} in columns")
        yield f"| `{name}` | {_cell(case.says)} | {' | '.join(cells)} |"
    yield ""


def _word(outcome: Any) -> str:
    if outcome == "right":
        return "right"
    if outcome is None:
        return "not run"
    return "other" if "found" in outcome else "refused"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
