"""Streams and tables of the registry."""
