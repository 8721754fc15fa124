"""One module per server: how it is prepared on disk, started as a child and known to be ready."""
