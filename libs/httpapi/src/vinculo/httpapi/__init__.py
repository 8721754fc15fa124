"""What every HTTP service has: problems, idempotency, health, metrics, logs."""
