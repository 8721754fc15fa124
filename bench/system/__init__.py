"""The whole system: end-to-end latency, load and growth."""
