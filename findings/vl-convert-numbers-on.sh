#!/usr/bin/env bash
# vl-convert-python 1.9.0.post1: the same chart, drawn twice by one process, is not the same SVG.
#
# Expected: an SVG is made of the chart's specification and data alone, so equal input gives equal bytes, and a
#           hash or a comparison of files tells whether a figure has changed.
# Seen:     clip paths are numbered by a counter of the process: `clip1` in the first drawing, `clip2` in the next.
#           The bytes depend on how many clipped charts were drawn before, and in which order.
# Matters:  reports under version control or behind a cache change without a new figure, and tests that compare
#           drawings pass alone and fail together. Number the ids anew before the bytes are compared.
# Upstream: no issue known.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check vl-convert-python==1.9.0.post1

cd "$work"
venv/bin/python - <<'PY'
import re

import vl_convert as vlc


def expect(what, seen, expected):
    print(f"{what}: {seen!r}")
    if seen != expected:
        raise SystemExit(f"changed: {what}: {expected!r} is what was seen before")


CHART = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": [{"day": 1, "rows": 20}, {"day": 2, "rows": 30}]},
    "mark": {"type": "line", "clip": True},
    "encoding": {"x": {"field": "day", "type": "quantitative"}, "y": {"field": "rows", "type": "quantitative"}},
}
first, second = (vlc.vegalite_to_svg(CHART) for _ in range(2))
expect("equal", first == second, False)
expect("ids", [re.findall(r'id="(clip\d+)"', svg) for svg in (first, second)], [["clip1"], ["clip2"]])
expect("equal but for the number", first == re.sub(r"\bclip2\b", "clip1", second), True)
PY
