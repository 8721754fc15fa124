"""The use cases of the registry: load, decide, append, write side rows."""
