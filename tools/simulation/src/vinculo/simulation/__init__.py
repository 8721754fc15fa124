"""Simulated applicants, operators and a credit system that drive a running system over HTTP.

`make demo` uses them, and so do the tests of journeys.
"""
