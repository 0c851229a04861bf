"""Raw files to staged bronze rows and rejected records, here or on workers."""
