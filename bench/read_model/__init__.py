"""Filling the log and the read model, beside plain writes of the same."""
