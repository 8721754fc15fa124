"""Use cases: load, decide, append, and the rows that go with the events."""
