"""From the topics to the read model: the projector's loop, quarantine, counters, rebuild."""
