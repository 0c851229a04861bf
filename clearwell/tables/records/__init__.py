"""What is recorded of each batch: files, quarantine, history, lineage."""
