"""The consumer of other services' events, and what they mean for onboarding."""
