"""What Dagster's pages show of an asset: metadata, checks, kinds, columns, links."""
