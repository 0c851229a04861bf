"""Each claim of speed, as a ratio of CPU seconds against a named peer, measured in one run.

    make bench                   all of them
    make bench ONLY=ingest_csv   one

A benchmark is a module of this package: its docstring says what is compared and what is left out,
``compare(repeats)`` measures it. Wall time is not reported: on a busy machine it tells of the others.
"""
