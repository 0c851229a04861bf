"""Decide a batch and write it into its table, exactly once among all writers."""
