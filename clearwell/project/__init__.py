"""What a project says: its YAML, its transforms, its code; knows no lake and no engine."""
