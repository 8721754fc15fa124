"""One person: the profile, now and in the past, what changed in it, and the timeline."""
