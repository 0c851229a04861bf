"""The same rules for SQL text: only the parts that differ are rewritten."""
