"""What is started by a lifeline ends with who holds it, whatever program it is and whatever its groups."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from clearwell.engines.local import die_with_parent
from tests.unit.engines.processes import has_ended


def start(line: int, *command: str, platform: str = sys.platform) -> subprocess.Popen[bytes]:
    guarded = die_with_parent.guarded(command, line)
    if platform != sys.platform:  # the way of systems whose kernel does not help
        program = f"import runpy, sys; sys.platform = {platform!r}; sys.argv = sys.argv[1:]; "
        program += "runpy.run_path(sys.argv[0], run_name='__main__')"
        guarded = [sys.executable, "-c", program, *guarded[3:]]
    return subprocess.Popen(guarded, stdout=subprocess.PIPE, pass_fds=(line,), start_new_session=True)


@pytest.mark.parametrize("platform", [sys.platform, "elsewhere"])
def test_a_program_ends_when_its_lifeline_is_cut(platform):
    line, held = os.pipe()
    process = start(line, "/bin/sh", "-c", "echo up; exec sleep 600", platform=platform)
    os.close(line)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert process.poll() is None
        os.close(held)
        assert has_ended(process.pid)


@pytest.mark.parametrize("platform", [sys.platform, "elsewhere"])
def test_a_program_whose_lifeline_was_cut_before_does_not_start(platform):
    line, held = os.pipe()
    os.close(held)
    process = start(line, "/bin/sh", "-c", "echo up", platform=platform)
    os.close(line)
    assert process.communicate(timeout=30) == (b"", None)
    assert process.returncode != 0


def test_all_of_a_session_is_killed_also_groups_of_its_own_and_what_has_a_strange_name(tmp_path):
    strange = tmp_path / "a) S 1 1 (b"
    strange.symlink_to("/bin/sleep")
    program = f"""
import os, subprocess, time
other = subprocess.Popen([{str(strange)!r}, "600"], preexec_fn=lambda: os.setpgid(0, 0))
print(other.pid, flush=True)
time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        other = int(process.stdout.readline())
        assert set(die_with_parent.session_members(process.pid)) == {process.pid, other}
        die_with_parent.kill_session(process.pid)
        assert has_ended(other)
        assert process.wait(30) < 0
    assert die_with_parent.session_members(process.pid) == []


def test_a_session_that_is_gone_can_be_killed_again():
    process = subprocess.Popen(["true"], start_new_session=True)
    process.wait(30)
    die_with_parent.kill_session(process.pid)


def test_it_can_be_run_as_a_file_without_what_lies_beside_it():
    alone = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", die_with_parent.__file__, "0", "/bin/true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "clearwell" not in alone.stderr
