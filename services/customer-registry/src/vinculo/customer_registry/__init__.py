"""Status, promotion, erasure."""
