"""Make a version of a table an immutable release: writes what `datasets` reads."""
