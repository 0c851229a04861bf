"""The files of a new data product, for `dg scaffold defs`."""
