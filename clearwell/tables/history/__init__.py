"""Older versions of a table: how it grew, and its contents at a version."""
