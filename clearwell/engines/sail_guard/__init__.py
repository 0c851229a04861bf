"""Rewrites or refuses, in the plan and before it is sent, what Sail computes differently from Spark."""
