"""One version of a Delta table, whoever wrote it: its columns, files, statistics and rows."""
