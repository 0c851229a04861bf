"""A version of a table becomes an immutable release; the writer of what `datasets` reads."""
