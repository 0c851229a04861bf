"""The steps, one file each, in the data's order: ingest, cleanse, curate, publish, report.

`specs` and `project` define the work, `checks` whether it is possible.
"""
