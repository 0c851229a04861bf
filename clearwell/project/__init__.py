"""The declarations of a project: its YAML, transforms and code; independent of any lake or engine."""
