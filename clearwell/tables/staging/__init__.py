"""Rows are written once where no reader looks, and verified there."""
