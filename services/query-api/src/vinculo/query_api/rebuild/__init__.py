"""Rebuilding the read model from the log, and choosing between its generations."""
