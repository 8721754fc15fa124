"""Use cases: they load, decide, append events and write rows. They know nothing of HTTP."""
