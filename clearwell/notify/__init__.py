"""Notifications about a step: OpenLineage receivers, webhooks, mail."""
