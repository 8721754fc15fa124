"""Forms that people fill in: their fields, their rules, and what they are turned into."""
