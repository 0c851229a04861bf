"""Follow one row back to its raw records, or one raw record to where it ended; reads only."""
