"""Dagster's web server behind a guard: it answers its own pages, and no other page of the same browser."""
