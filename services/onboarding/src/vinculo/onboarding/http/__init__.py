"""Onboarding over HTTP: routes, request and response bodies, problems."""
