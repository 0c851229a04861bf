"""One file a raw format: CSV, JSON lines, Parquet, text."""
