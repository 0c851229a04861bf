"""The lineage of SQL text: queries and single expressions, parsed by sqlglot."""
