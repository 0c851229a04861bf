"""Questions about frames, joins, windows, files and sessions."""
