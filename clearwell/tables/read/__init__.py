"""One version of a Delta table of any writer: its columns, files, statistics and rows."""
