"""What onboarding decides: applications and payers. Plain Python, no plumbing."""
