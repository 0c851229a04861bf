"""How engines read and write Parquet and Delta files, and which statistics are not reliable."""
