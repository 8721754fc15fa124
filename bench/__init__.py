"""Benchmarks: the system's speed compared with the minimal work for the same result."""
