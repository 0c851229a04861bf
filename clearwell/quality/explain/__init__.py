"""What people see of a failed check: samples of its rows, its reason in words, and no personal value."""
