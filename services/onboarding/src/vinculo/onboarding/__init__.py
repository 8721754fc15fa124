"""The five steps, accounts and sessions, consents, payers."""
