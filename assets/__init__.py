"""The sample project's transforms: plain functions of PySpark frames, named by the YAML in pipelines/."""
