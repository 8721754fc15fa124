"""Routes for staff: the messages to a person, and sending one again."""
