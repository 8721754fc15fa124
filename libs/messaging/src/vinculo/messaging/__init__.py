"""CloudEvents on Kafka: consumers that lose nothing, quarantine, dead letters."""
