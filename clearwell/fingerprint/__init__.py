"""The fingerprint of rows, independent of their order: pyarrow only, so engine workers can import it."""
