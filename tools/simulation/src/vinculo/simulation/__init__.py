"""Simulated applicants, operators and a credit system that drive a running system over HTTP.

`make demo` and the journey tests use them.
"""
