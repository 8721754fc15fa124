"""One person: the profile and the timeline of everything that happened."""
