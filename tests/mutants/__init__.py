"""Faults planted by hand in the write path and in the parsers; a test must fail on each of them."""
