"""A run on Dagster: instance, code location, resources, records, alerts."""
