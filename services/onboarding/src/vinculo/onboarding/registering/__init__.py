"""Registering, until the account is active: steps one and two."""
