"""Checks of this repository that no published tool makes. `python -m vinculo.checks --help`."""
