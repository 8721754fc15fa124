"""The rules of a person's record and of a promotion policy, in plain Python."""
