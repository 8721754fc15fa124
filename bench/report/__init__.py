"""Stored results, the table in the documentation and the plots."""
