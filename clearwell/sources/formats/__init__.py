"""One file per raw format: CSV, JSON lines, Parquet, text."""
