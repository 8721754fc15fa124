"""Onboarding over HTTP."""
