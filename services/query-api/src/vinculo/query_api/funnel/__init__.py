"""Where people stop on the way from registration to promotion, and how long each step takes."""
