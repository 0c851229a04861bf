"""Bytes to characters, characters to records, records to accepted and rejected rows."""
