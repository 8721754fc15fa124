"""One module per server: preparation on disk, its child process and its readiness check."""
