"""Sends e-mails and short messages to applicants and customers, and retries failed attempts."""
