"""Rows are written once where no reader looks, and verified there: counts, types, keys, NULLs."""
