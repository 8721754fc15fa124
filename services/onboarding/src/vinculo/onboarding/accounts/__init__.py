"""Accounts: signing in, sessions, passwords, contacts, staff."""
