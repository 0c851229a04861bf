"""Who is told of a step: OpenLineage receivers, webhooks, mail."""
