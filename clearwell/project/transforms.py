"""Load a transform: from the reference "assets.flights:clean" to the function.

A transform is a plain function in a module below the project's root, which is put first on ``sys.path``.
Code that was edited since this process imported it is imported again.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.project.code_hash import Source, sources_of
from clearwell.project.from_source import import_from_source
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

__all__ = ["forget_stale", "line_in_project", "load_code", "load_transform"]

_PACKAGE = Path(__file__).absolute().parents[1]

_imported: dict[Path, str] = {}
"""The project files that this process has imported, and their hash at that time."""

_edited: set[Path] = set()
"""Roots of projects whose code was edited since: an engine that runs may have imported it as it was."""


def load_transform(
    ref: str, root: Path, *, inputs: Sequence[str] | None = None, place: str | None = None
) -> Callable[..., Any]:
    """The function that ``ref`` names, imported from below ``root``; edited code is imported again.

    Args:
        ref: ``"module:function"``.
        root: The project's root, put first on ``sys.path``.
        inputs: The names its parameters must have, in any order; None: it takes one DataFrame.
        place: ``file:line`` of the YAML that names it, for the errors.

    Raises:
        ProjectError: no such module or function, code that cannot be imported, other parameters.
    """
    function = load_code(ref, root, place=place)
    if not callable(function):
        raise ProjectError(f"{ref} is not a function", place=place, hint=f"it is {function!r}"[:200])
    _require_parameters(function, ref, inputs, place)
    return function


def load_code(ref: str, root: Path, *, place: str | None = None) -> Any:
    """What ``ref`` names in a module below ``root``, imported; see ``load_transform``.

    Raises:
        ProjectError: no such module, no such name in it, code that cannot be imported.
    """
    sources = forget_stale(ref, root, place=place)
    module = _import(sources[0], root)
    _imported.update((source.file, source.digest) for source in sources)
    if root in _edited:
        _send_with_functions(sources)
    return getattr(module, ref.partition(":")[2], None)


def forget_stale(ref: str, root: Path, *, place: str | None = None) -> list[Source]:
    """Unload the code of ``ref`` if it was edited, or is another project's; the files that make it up.

    Raises:
        ProjectError: no such module, no such name in it, invalid Python.
    """
    top = ref.partition(":")[0].partition(".")[0]
    sources = sources_of(ref, root, place)
    if any(_is_stale(source) for source in sources) or _is_foreign(top, root):
        if any(_imported.get(source.file, source.digest) != source.digest for source in sources):
            _edited.add(root)
        _forget(top, sources)
    return sources


def line_in_project(error: BaseException, root: Path) -> str | None:
    """``file:line`` of the innermost line of the project that was running when ``error`` was raised."""
    place, step = None, error.__traceback__
    while step:
        file = Path(step.tb_frame.f_code.co_filename)
        ours = file.is_relative_to(_PACKAGE) or "site-packages" in file.parts
        if file.is_relative_to(root) and not ours:
            place = f"{shown(file)}:{step.tb_lineno}"
        step = step.tb_next
    return place


def _is_stale(source: Source) -> bool:
    """Whether its module was loaded from another file, or before the file was edited."""
    module = sys.modules.get(source.module) if source.at_root else None
    elsewhere = module is not None and Path(getattr(module, "__file__", None) or "") != source.file
    return elsewhere or _imported.get(source.file, source.digest) != source.digest


def _is_foreign(top: str, root: Path) -> bool:
    """Whether the package of that name belongs to another project in this process."""
    module = sys.modules.get(top)
    if module is None:
        return False
    places = list(getattr(module, "__path__", [])) or [getattr(module, "__file__", None) or ""]
    return not any(Path(place).is_relative_to(root) for place in places)


def _forget(top: str, sources: list[Source]) -> None:
    """Unload the project's modules."""
    files = {*_imported, *(source.file for source in sources)}
    names = {file.name for file in files}
    for name, module in list(sys.modules.items()):
        file = _file_of(module)
        ours = os.path.basename(file) in names and Path(file) in files
        if ours or name == top or name.startswith(f"{top}."):
            del sys.modules[name]
    _imported.clear()
    importlib.invalidate_caches()


def _send_with_functions(sources: list[Source]) -> None:
    """From now on, a function that runs in an engine brings the code of its modules along.

    By default it brings their names, and the engine's processes import each once.
    """
    from pyspark import cloudpickle

    for source in sources:
        if (module := sys.modules.get(source.module)) is not None:
            cloudpickle.register_pickle_by_value(module)


def _file_of(module: ModuleType) -> str:
    """Its file; asked past a lazy module, which would be imported to answer. Not every entry is a module."""
    try:
        return object.__getattribute__(module, "__dict__").get("__file__") or ""
    except AttributeError:
        return ""


def _import(source: Source, root: Path) -> ModuleType:
    folder = os.fspath(root)
    if sys.path[:1] != [folder]:
        with suppress(ValueError):
            sys.path.remove(folder)
        sys.path.insert(0, folder)
    import_from_source(root)
    try:
        module = importlib.import_module(source.module)
    except (Exception, SystemExit) as error:
        where = line_in_project(error, root) or shown(source.file)
        hint = "install it, or correct its name" if isinstance(error, ModuleNotFoundError) else None
        raise ProjectError(
            f"{source.module} cannot be imported: {type(error).__name__}: {error}", place=where, hint=hint
        ) from error
    if Path(module.__file__ or "") != source.file:
        raise ProjectError(
            f"{source.module} is shadowed by an installed package: {module.__file__}",
            place=shown(source.file),
            hint=f"put an __init__.py into its folder, or rename it from {source.module}",
        )
    return module


def _require_parameters(
    function: Callable[..., Any], ref: str, inputs: Sequence[str] | None, place: str | None
) -> None:
    signature = inspect.signature(function)
    written = f"{ref}{signature}" if len(str(signature)) < 200 else ref
    if inputs is None:
        try:
            signature.bind(object())
        except TypeError as error:
            raise ProjectError(
                f"{written} does not take one DataFrame",
                place=place,
                hint="a silver transform has one parameter",
            ) from error
        return
    if set(signature.parameters) == set(inputs):
        return
    wrong = [name for name in signature.parameters if name not in inputs]
    near = did_you_mean(wrong[0], [i for i in inputs if i not in signature.parameters]) if wrong else None
    raise ProjectError(
        f"{written} does not take the inputs {', '.join(inputs)}",
        place=place,
        hint=f"{wrong[0]!r}: {near}" if near else f"write def {ref.partition(':')[2]}({', '.join(inputs)})",
    )
