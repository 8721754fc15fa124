"""Writing the log and the read model, compared with plain writes of the same."""
