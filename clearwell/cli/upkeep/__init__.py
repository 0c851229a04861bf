"""The commands that keep a lake in order: maintain and report, repair, upgrade."""
