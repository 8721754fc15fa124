"""What the system is worth beside the least work that any program could do for the same result."""
