"""Compact small files, remove what no version, release or process needs; mend a damaged table."""
