"""Build a table from other tables: detect new input, transform, audit, lineage."""
