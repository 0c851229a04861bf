"""Make a release again from bronze, on any engine, and compare: nothing here writes to the lake."""
