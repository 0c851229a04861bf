"""Older versions of a table: how it grew, and what it held at a version."""
