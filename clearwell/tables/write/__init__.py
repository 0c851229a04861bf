"""Decide a batch and bring it into its table, once, whoever else tries."""
