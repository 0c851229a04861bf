"""Questions about values and functions."""
