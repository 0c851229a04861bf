"""Shared by all commands: session, output, progress, completion."""
