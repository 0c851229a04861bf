"""HTML of one lake: lineage, Data Docs of each table, and the index; reads only."""
