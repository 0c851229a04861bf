"""What the sample lake runs: one folder a data product, each a defs.yaml and no Python."""
