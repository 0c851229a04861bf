"""YAML files whose every value knows its line, so that an error can say ``file:line``.

``read_yaml`` returns the documents of one file: plain values (safe YAML only: no tag creates an object) and
the line of each value. It refuses what PyYAML would accept or answer with a traceback: a duplicate key,
text that is not UTF-8, an invalid date, an anchor inside itself, aliases that stand for far more than is
written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from clearwell.errors import ProjectError, did_you_mean

__all__ = ["Document", "read_yaml", "shown"]

_MOST_ADDED = 10_000
"""The parts that aliases may add to a document: templates and merges copy each of them."""


@dataclass(frozen=True)
class Document:
    """One YAML document: its plain ``value``, its ``file``, and the lines of its parts.

    A part is named by its keys: ``document.place("checks", 0, "kwargs")``.
    """

    value: Any
    file: Path
    _node: yaml.Node = field(repr=False, compare=False)

    def line(self, *keys: str | int) -> int:
        """The 1-based line of the part at ``keys``, or of its nearest written parent."""
        node = self._node
        line = _line_of(node)
        for key in keys:
            step = _child(node, key)
            if step is None:
                break
            line, node = step
        return line

    def place(self, *keys: str | int) -> str:
        """``file:line`` of the part at ``keys``, or of its nearest written parent."""
        return _place(self.file, self.line(*keys))


def read_yaml(file: Path) -> list[Document]:
    """The documents of a YAML file, in order; an empty file has none.

    Raises:
        ProjectError: no such file, or it is not well-formed YAML; the place is ``file:line``.
    """
    node: yaml.Node | None = None
    documents: list[Document] = []
    try:
        for node in _nodes(_text(file)):
            _refuse_twice(node, file, frozenset(), set())
            _refuse_growth(node, file)
            documents.append(Document(SafeConstructor().construct_document(node), file, node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise ProjectError(f"not well-formed YAML: {problem}", place=_place(file, line)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # such as the date 2013-02-30
        line = _line_of(node) if node else 1
        raise ProjectError(f"not well-formed YAML: {error}", place=_place(file, line)) from error
    return documents


@lru_cache(maxsize=256)
def _nodes(text: str) -> tuple[yaml.Node, ...]:
    """The documents of a text, before their values are made: a run asks for the same files many times."""
    loader = yaml.SafeLoader(text)
    nodes: list[yaml.Node] = []
    try:
        while loader.check_node():
            if (node := loader.get_node()) is not None:
                nodes.append(node)
    finally:
        loader.dispose()
    return tuple(nodes)


def shown(file: Path) -> str:
    """The path as a reader of a message would type it: from the working directory when inside it."""
    path, here = file.absolute(), Path.cwd()
    return os.fspath(path.relative_to(here) if path.is_relative_to(here) else file)


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except FileNotFoundError as error:
        near = did_you_mean(file.name, _siblings(file))
        raise ProjectError("no such file", place=shown(file), hint=near) from error
    except OSError as error:
        raise ProjectError(f"cannot be read: {error.strerror}", place=shown(file)) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place(file, 1 + data.count(b"\n", 0, error.start))
        raise ProjectError("not UTF-8 text", place=place, hint="save the file as UTF-8") from error
    odd = yaml.SafeLoader.NON_PRINTABLE.search(text)
    if odd:
        place = _place(file, 1 + text.count("\n", 0, odd.start()))
        raise ProjectError(f"the character {odd.group()!r} is not allowed in YAML", place=place)
    return text


def _siblings(file: Path) -> list[str]:
    return [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []


def _refuse_twice(node: yaml.Node, file: Path, above: frozenset[int], seen: set[int]) -> None:
    """Raise for a duplicate key of a mapping, and for an anchor that contains itself.

    ``above`` are the ancestors of ``node``, ``seen`` the nodes already visited: an alias is its anchor's node
    again, so a file of nested aliases costs no more than its text.
    """
    if id(node) in above:
        raise ProjectError("a YAML anchor contains itself", place=_place(file, _line_of(node)))
    if id(node) in seen:
        return
    seen.add(id(node))
    inner = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in first:
                    raise ProjectError(
                        f"the key {key.value!r} is given twice",
                        place=_place(file, _line_of(key)),
                        hint=f"it is first given on line {first[key.value]}; keep one of them",
                    )
                first[key.value] = _line_of(key)
            _refuse_twice(value, file, inner, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twice(item, file, inner, seen)


def _refuse_growth(node: yaml.Node, file: Path) -> None:
    """Raise for aliases of aliases: a few lines of them can stand for more than any memory holds."""
    sizes: dict[int, int] = {}
    grown = _size(node, sizes)
    if grown - len(sizes) > _MOST_ADDED:
        raise ProjectError(
            f"the aliases of this document stand for {grown:,} parts, and {len(sizes):,} are written",
            place=_place(file, _line_of(node)),
            hint="write out what differs, and use fewer aliases inside of anchors",
        )


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """The parts that ``node`` stands for, each alias in full; ``sizes`` has those seen before."""
    if id(node) not in sizes:
        inner: list[Any] = [] if isinstance(node, yaml.ScalarNode) else node.value
        parts = [part for item in inner for part in (item if isinstance(item, tuple) else (item,))]
        sizes[id(node)] = 1 + sum(_size(part, sizes) for part in parts)
    return sizes[id(node)]


def _child(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    """The line where the part ``key`` of ``node`` begins, and its node."""
    if isinstance(node, yaml.MappingNode):
        # The last one wins: a merge (`<<`) puts its keys before the mapping's own keys.
        for name, value in reversed(node.value):
            if isinstance(name, yaml.ScalarNode) and name.value == str(key):
                return _line_of(name), value
    elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
        return _line_of(node.value[key]), node.value[key]
    return None


def _line_of(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _place(file: Path, line: int) -> str:
    return f"{shown(file)}:{line}"
