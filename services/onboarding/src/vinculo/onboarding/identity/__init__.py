"""Corrections of who a person is."""
