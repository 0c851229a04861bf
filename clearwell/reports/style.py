"""The style sheet of the reports' HTML pages: system fonts, light and dark, wide and narrow."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --faint: #59636e; --line: #d1d9e0; --stripe: #f6f8fa;
  --part0: #1a7f4b; --part1: #b7791f; --part2: #6e56cf; --part3: #cf3a4c; --part4: #7d8794;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1419; --text: #e6e9ec; --faint: #9aa4af; --line: #333c46; --stripe: #171d24;
    --part0: #3fb97c; --part1: #d9a441; --part2: #a08cf0; --part3: #f0707f; --part4: #8b949e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
.headline { font-size: 1.3rem; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
.made { color: var(--faint); margin: .25rem 0 1rem; }
ul { padding-left: 1.2rem; margin: 0; }
li { margin: .25rem 0; overflow-wrap: anywhere; }
.legend { list-style: none; padding: 0; margin: 0 0 .75rem; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
.legend i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .45rem .75rem; border-bottom: 1px solid var(--line); }
th, td { text-align: left; vertical-align: top; }
tr:last-child > * { border-bottom: 0; }
thead th { background: var(--stripe); color: var(--faint); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 500; }
td.word { min-width: 14rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { display: flex; height: .4rem; min-width: 8rem; margin-top: .35rem; }
.bar { border-radius: 3px; overflow: hidden; }
.bar i { min-width: 1px; }
.part0 { background: var(--part0); } .part1 { background: var(--part1); } .part2 { background: var(--part2); }
.part3 { background: var(--part3); } .part4 { background: var(--part4); }
@media (max-width: 40rem) { body { font-size: 15px; } th, td { padding: .4rem .5rem; } }
@media print { .scroll { overflow: visible; border: 0; } }
"""
