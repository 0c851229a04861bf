"""A Spark Connect session on any server: its errors, lost answers, progress, and the code sent to it."""
