"""The consumer of other services' events."""
