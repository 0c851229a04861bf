"""What Sail computes differently from Spark is rewritten or refused in the plan, before it is sent."""
