"""The embedded engine: Sail, as a separate process on loopback."""
