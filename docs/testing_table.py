"""The part of docs/testing.md that is made from the tests: each promise of the README and its tests.

A test says which promises it keeps by `@pytest.mark.promise("P3", "spark")`. The names are the first cells
of the README's tables of promises and of engines; another name, or a promise without a test, is an error.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["promises", "tests_of_promises", "write_promises"]

_ROOT = Path(__file__).parent.parent
_ROW = re.compile(r"^\| `?([^|`]+?)`? \| (.+?) \|", re.MULTILINE)
_SECTIONS = ("## What it promises", "## Engines")


def write_promises() -> Iterator[str]:
    """The table; raises ValueError for a promise without a test, and for a mark of no promise."""
    kept, text = tests_of_promises(), promises()
    if unknown := sorted(set(kept) - set(text)):
        raise ValueError(f"marks of no promise: {', '.join(unknown)}; the README has {', '.join(text)}")
    if bare := [name for name in text if not kept[name]]:
        raise ValueError(f"promises without a test: {', '.join(bare)}; mark one with @pytest.mark.promise")
    yield "## Promises and their tests\n"
    yield "| | promise | tests |"
    yield "| --- | --- | --- |"
    for name, promise in text.items():
        cells = [f"`{test}` ({', '.join(sorted(files))})" for test, files in sorted(kept[name].items())]
        yield f"| {name} | {promise} | {'<br>'.join(cells)} |"


def promises() -> dict[str, str]:
    """Name -> promise, as the README's tables have them."""
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for title in _SECTIONS:
        section = readme.partition(f"{title}\n")[2].partition("\n## ")[0]
        rows = _ROW.findall(section)
        found |= {name: text for name, text in rows if name.strip("- ") and name != "--engine"}
    return found


def tests_of_promises() -> dict[str, dict[str, set[str]]]:
    """Promise -> test -> the files that have it, by the marks in `tests/`."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file in sorted((_ROOT / "tests").rglob("test_*.py")):
        where = file.relative_to(_ROOT / "tests").as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for name in _marks(node):
                    found[name][node.name].add(where)
    return found


def _marks(test: ast.FunctionDef) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.promise":
            yield from (str(ast.literal_eval(argument)) for argument in decorator.args)
