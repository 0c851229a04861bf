"""The embedded engine: Sail, as a process of its own on loopback."""
