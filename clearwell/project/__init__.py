"""What a project declares: its YAML keys, transforms and code; independent of any lake or engine."""
