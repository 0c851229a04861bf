"""Trace one row back to its raw records, or one raw record forward to its rows. Read-only."""
