"""The steps, one file each, in the data's order: ingest, cleanse, curate, publish, report.

`specs` and `project` say what is to be done, `checks` whether it can be.
"""
