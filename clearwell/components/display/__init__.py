"""How Dagster's pages show an asset: metadata, checks, kinds, columns, links."""
