"""Deciders of applications and payers: events, state, commands, refusals."""
