"""What a person's record and a promotion policy decide, in plain Python."""
