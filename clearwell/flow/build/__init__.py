"""Build a table from other tables: what is new, the transform, the audit, the lineage."""
