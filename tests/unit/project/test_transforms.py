"""Transforms are found below the project's root, and loaded as they are now."""

from __future__ import annotations

import os
import py_compile
import sys
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.project.transforms import load_transform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = "pipelines/flights/defs.yaml:6"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def refusal(ref: str, root: Path, inputs: tuple[str, ...] | None = None) -> ProjectError:
    with pytest.raises(ProjectError) as raised:
        load_transform(ref, root, inputs=inputs, place=PLACE)
    return raised.value


def test_a_transform_is_loaded_from_below_the_root(root: Path) -> None:
    write(root / "steps/flights.py", "def clean(flights):\n    return flights + 1\n")
    assert load_transform("steps.flights:clean", root)(1) == 2


def test_an_edited_transform_is_loaded_anew_even_when_size_and_second_are_the_same(root: Path) -> None:
    write(root / "steps/flights.py", "from steps.helper import N\n\ndef clean(flights):\n    return N\n")
    for n in range(5):
        write(root / "steps/helper.py", f"N = {n}\n")
        assert load_transform("steps.flights:clean", root)(None) == n


def test_byte_code_of_another_text_is_never_run(root: Path) -> None:
    """A copy with set times may have the size and the second of the text that byte code was made from."""
    for folder in ("", "src"):
        file = root / folder / "constants.py"
        for text in ("N = 100\n", "N = 200\n"):
            write(file, text)
            os.utime(file, (1_700_000_000, 1_700_000_000))
            if text == "N = 100\n":
                py_compile.compile(str(file), doraise=True)
        write(root / "steps.py", "import sys\nfrom constants import N\n\ndef clean(flights):\n    return N\n")
        sys.path.insert(0, str(root / folder))
        assert load_transform("steps:clean", root)(1) == 200
        file.unlink()
        del sys.modules["constants"], sys.modules["steps"]


def test_projects_that_use_the_same_names_do_not_get_each_others_code(root: Path) -> None:
    for name in ("one", "two"):
        write(root / name / "steps/flights.py", f"def clean(flights):\n    return {name!r}\n")
    for name in ("one", "two", "one"):
        assert load_transform("steps.flights:clean", root / name)(None) == name


def test_a_missing_module_and_a_missing_function_name_the_nearest(root: Path) -> None:
    write(root / "steps/flights.py", "def clean(flights): ...\n")
    module = refusal("steps.fligths:clean", root)
    assert (module.place, module.hint) == (PLACE, "did you mean 'steps.flights'?")
    function = refusal("steps.flights:claen", root)
    assert (function.place, function.hint) == (PLACE, "did you mean 'clean'?")


def test_modules_of_an_environment_inside_the_project_are_never_suggested(root: Path) -> None:
    write(root / "environment/pyvenv.cfg", "")
    write(root / "environment/fligths.py", "")
    assert "write it in fligths.py" in str(refusal("fligths:clean", root).hint)


def test_a_syntax_error_has_its_own_place(root: Path) -> None:
    write(root / "steps/flights.py", "def clean(flights):\n    return flights +\n")
    error = refusal("steps.flights:clean", root)
    assert error.place == "steps/flights.py:2"
    assert "invalid Python" in error.fact


def test_code_that_fails_when_imported_names_the_line_that_failed(root: Path) -> None:
    write(root / "steps/helper.py", "X = 1\nY = X / 0\n")
    write(root / "steps/flights.py", "from steps import helper\n\ndef clean(flights): ...\n")
    error = refusal("steps.flights:clean", root)
    assert error.place == "steps/helper.py:2"
    assert "ZeroDivisionError" in error.fact


def test_a_package_that_is_not_installed_is_named(root: Path) -> None:
    write(root / "steps/flights.py", "import no_such_package\n\ndef clean(flights): ...\n")
    error = refusal("steps.flights:clean", root)
    assert error.place == "steps/flights.py:1"
    assert "no_such_package" in error.fact


def test_a_module_that_leaves_python_ends_nothing(root: Path) -> None:
    write(root / "steps/flights.py", "import sys\nsys.exit(3)\n\ndef clean(flights): ...\n")
    assert "SystemExit" in refusal("steps.flights:clean", root).fact


@pytest.mark.parametrize("parameters", ["", "a, b", "*, a"])
def test_a_silver_transform_takes_one_frame(root: Path, parameters: str) -> None:
    write(root / "steps/flights.py", f"def clean({parameters}): ...\n")
    assert "does not take one DataFrame" in refusal("steps.flights:clean", root).fact


def test_a_curated_transform_has_the_names_of_its_inputs_in_any_order(root: Path) -> None:
    write(root / "steps/flights.py", "def late(silver_weather, silver_flights):\n    return silver_flights\n")
    late = load_transform("steps.flights:late", root, inputs=("silver_flights", "silver_weather"))
    assert late(silver_flights=1, silver_weather=2) == 1


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ("silver_fligths", "'silver_fligths': did you mean 'silver_flights'?"),
        ("silver_flights, frame", "write def late(silver_flights)"),
        ("", "write def late(silver_flights)"),
        ("**frames", "write def late(silver_flights)"),
    ],
)
def test_other_parameters_than_the_inputs_are_refused(root: Path, parameters: str, hint: str) -> None:
    write(root / "steps/flights.py", f"def late({parameters}): ...\n")
    error = refusal("steps.flights:late", root, ("silver_flights",))
    assert (error.place, error.hint) == (PLACE, hint)


def test_a_name_that_is_no_function_is_refused(root: Path) -> None:
    write(root / "steps/flights.py", "clean = 3\n")
    assert "is not a function" in refusal("steps.flights:clean", root).fact
