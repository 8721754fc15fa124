"""One key per person: sealing, opening, erasing, keyed hashes."""
