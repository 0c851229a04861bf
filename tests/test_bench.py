"""The benchmarks count what they say: every process of a command, and a broken claim is a failure.

What is recorded of them names a commit and a kind of machine, and is drawn the same by everybody.
"""

from __future__ import annotations

import getpass
import json
import re
import socket
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import __main__ as command
from bench.history import Commit, measured_commit, read_records, write_record
from bench.history_chart import draw
from bench.history_page import IMAGE, PAGE, stale, update, write_page
from bench.measure import Comparison, render

ROOT = Path(__file__).parent.parent

BURN = "import time\nwhile time.process_time() < 0.5: pass"
# A parent that does not wait: what it started ends after it, as somebody else's child.
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}], start_new_session=True)"


def measured(program: str) -> float:
    """CPU seconds of ``program``, measured in a process of its own: the measuring one adopts children."""
    command = [sys.executable, "-c", program]
    code = f"from bench.measure import cpu_seconds; print(cpu_seconds({command!r}, environment={{}}))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(said.stdout)


def test_the_work_of_the_command_is_counted() -> None:
    assert measured(BURN) >= 0.5


def test_the_work_of_a_process_that_outlives_the_command_is_counted() -> None:
    can_adopt = sys.platform == "linux"  # elsewhere an orphan goes to the first process of the system
    assert measured(ORPHAN) >= (0.5 if can_adopt else 0.0)


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        measured("raise SystemExit('no such lake')")
    assert "no such lake" in raised.value.stderr


def test_ratios_are_of_medians_and_a_broken_claim_is_said() -> None:
    comparison = Comparison(
        claim="twice at most",
        holds=lambda seconds: seconds["ours"] <= 2 * seconds["theirs"],
        reference="theirs",
        seconds={"theirs": [1.0, 9.0, 1.1], "ours": [3.0, 3.3, 3.6]},
    )
    assert not comparison.kept
    text = render("example", comparison)
    assert "x 3.00" in text
    assert "DOES NOT HOLD" in text


# -- what is recorded ---------------------------------------------------------------------------------------

FIRST, SECOND = Commit("1111111", "2026-01-01T00:00:00+00:00"), Commit("2222222", "2026-02-01T00:00:00+00:00")


def compared(ours: float = 3.0, **other: object) -> Comparison:
    comparison = Comparison(
        claim="at most four times theirs",
        holds=lambda seconds: seconds["ours"] <= 4 * seconds["theirs"],
        reference="theirs",
        seconds={"theirs": [2.0, 1.0, 1.5], "ours": [ours, ours, 9.0]},
    )
    return replace(comparison, **other)


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A folder of which everything is in one commit."""
    (tmp_path / "code.py").write_text("pass\n")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message", "all")
    return tmp_path


def test_every_module_of_the_folder_is_a_benchmark_or_known_to_be_none() -> None:
    for file in (ROOT / "bench").glob("*.py"):
        if file.stem not in command._FRAME:
            assert callable(import_module(f"bench.{file.stem}").compare), file.name


def test_a_record_has_medians_and_ratios_and_a_machine_without_a_name(tmp_path: Path) -> None:
    file = write_record(FIRST, [("example", compared()), ("more", compared(task="one"))], tmp_path)
    assert file.name == "2026-01-01-1111111.json"
    raw = json.loads(file.read_text())
    assert raw["comparisons"][0] == {
        "benchmark": "example",
        "task": "",
        "claim": "at most four times theirs",
        "kept": True,
        "unit": "CPU s",
        "reference": "theirs",
        "n": 3,
        "medians": {"theirs": 1.5, "ours": 3.0},
        "ratios": {"theirs": 1.0, "ours": 2.0},
    }
    assert raw["machine"].keys() == {"cpu", "cores", "memory_gib", "system", "python"}
    names = {socket.gethostname(), getpass.getuser(), str(ROOT), str(Path.home())}
    assert not names & set(map(str, raw["machine"].values()))
    (record,) = read_records(tmp_path)
    assert [one.name for one in record.comparisons] == ["example", "more: one"]


def test_a_second_record_of_a_commit_is_a_file_of_its_own(tmp_path: Path) -> None:
    files = [write_record(FIRST, [("example", compared())], tmp_path) for _ in range(3)]
    assert [file.name for file in files] == [f"2026-01-01-1111111{n}.json" for n in ("", "-2", "-3")]


def test_records_come_in_the_order_of_their_commits(tmp_path: Path) -> None:
    for commit in (SECOND, FIRST):
        write_record(commit, [("example", compared())], tmp_path)
    assert [record.commit for record in read_records(tmp_path)] == [FIRST, SECOND]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "comparisons": [{}]}'])
def test_a_file_that_is_no_record_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(RuntimeError, match=re.escape("odd.json")):
        read_records(tmp_path)


def test_what_no_commit_has_is_not_recorded(committed: Path) -> None:
    known = measured_commit(committed)
    assert re.fullmatch("[0-9a-f]{7,}", known.hash)
    (committed / "bench" / "history").mkdir(parents=True)
    (committed / "bench" / "history" / "before.json").touch()
    assert measured_commit(committed) == known
    (committed / "code.py").write_text("pass # changed\n")
    with pytest.raises(RuntimeError, match=r"code\.py is not as the commit has it; next: commit"):
        measured_commit(committed)


def test_outside_of_a_repository_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RuntimeError, match="which commit"):
        measured_commit(tmp_path)


def test_the_page_tells_the_newest_figures_and_those_before(tmp_path: Path) -> None:
    write_record(FIRST, [("example", compared(4.5))], tmp_path)
    write_record(SECOND, [("example", compared(7.5))], tmp_path)
    text = write_page(read_records(tmp_path))
    assert "at most four times theirs: **does not hold** at 2222222, n = 3." in text
    assert "| ours | 7.5 | 5 | 3 |" in text


def test_a_ratio_of_another_machine_is_no_ratio_before(tmp_path: Path) -> None:
    write_record(FIRST, [("example", compared(4.5))], tmp_path)
    write_record(SECOND, [("example", compared(7.5))], tmp_path)
    one, two = read_records(tmp_path)
    text = write_page([replace(one, machine=replace(one.machine, cpu="another")), two])
    assert "| ours | 7.5 | 5 |  |" in text


def test_the_picture_is_the_same_at_each_drawing_and_loads_nothing(tmp_path: Path) -> None:
    for commit in (FIRST, SECOND):
        both = [("<wide>", compared(0.0001, unit="ms")), ("example", compared(4000.0))]
        write_record(commit, both, tmp_path)
    records = read_records(tmp_path)
    first = draw(records)
    assert draw(records) == first
    root = ElementTree.fromstring(first)  # well formed, whatever the names are
    texts = {element.text for element in root.iter() if element.text}
    assert {"<wide>", "example", "1111111", "2222222", "ours 2,667"} <= texts
    assert not re.search(r"(?:href|src)=|url\((?!#)", first)
    ids = re.findall(r"\bid=\"([^\"]+)", first)
    assert len(ids) == len(set(ids))


def test_a_stale_page_or_picture_is_noticed_and_written_anew(tmp_path: Path) -> None:
    docs, history = tmp_path / "docs", tmp_path / "history"
    docs.mkdir()
    update([], docs)
    assert stale([], docs) == []
    assert "No run is recorded yet." in (docs / PAGE).read_text()
    assert not (docs / IMAGE).exists()
    write_record(FIRST, [("example", compared())], history)
    assert stale(read_records(history), docs) == [PAGE, IMAGE]
    update(read_records(history), docs)
    assert stale(read_records(history), docs) == []
    write_record(SECOND, [("example", compared())], history)
    assert stale(read_records(history), docs) == [PAGE, IMAGE]


def test_the_page_of_the_repository_shows_its_records() -> None:
    assert stale(read_records()) == []
