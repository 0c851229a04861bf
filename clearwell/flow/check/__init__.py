"""What `clearwell check` finds without a run: in the project, and in the columns that it names."""
