#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0: `--dist loadgroup` groups nothing, without a word.
#
# Expected: tests that are marked with one `xdist_group` run in one process. Both packages are the newest, and pip finds
#           that they fit.
# Seen:     with pytest 9.1.1 they do. With 9.2.0 they are spread over all processes: pytest-xdist writes the group
#           behind the id of a test, in an attribute that pytest does not read any more.
# Matters:  a server that is meant to be started once is started by each process, tests meet that must not, and all
#           that is seen of it is a suite that is slow or fails at times.
# Upstream: no issue known.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"

cd "$work"
cat > test_one_server.py <<'PY'
import os
import time

import pytest


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("number", range(12))
def test_of_a_group(number):
    time.sleep(0.1)
    with open("ran.txt", "a") as ran:
        ran.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PY

processes() {  # how many processes ran the one group with this version of pytest
	venv/bin/pip install --quiet --disable-pip-version-check "pytest==$1" pytest-xdist==3.8.0
	rm -f ran.txt
	venv/bin/python -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup >&2
	sort -u ran.txt | wc -l
}

before=$(processes 9.1.1)
after=$(processes 9.2.0)
echo "processes that ran one group: $before with pytest 9.1.1, $after with pytest 9.2.0"
[ "$before" = 1 ] && [ "$after" = 2 ] || { echo 'changed: 1 and 2 is what was seen before' >&2; exit 1; }
