"""The whole system at work: until it shows, under load, and as it grows."""
