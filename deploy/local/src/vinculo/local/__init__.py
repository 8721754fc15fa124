"""The real servers and the whole system on one machine, without containers."""
