"""Where people stop between registration and promotion, and how long each step takes."""
