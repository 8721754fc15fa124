"""People in any number, random questions about them, and the answers of a naive reader.

For tests and benchmarks; nothing that serves imports it.
"""
