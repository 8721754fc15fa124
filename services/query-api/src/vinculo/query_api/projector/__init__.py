"""Folds all topics into the read model: the consumer loop, the batch, quarantine, counters."""
