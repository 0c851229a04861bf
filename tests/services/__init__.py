"""Servers that tests run for themselves, on loopback: an S3 store and a Spark cluster."""
