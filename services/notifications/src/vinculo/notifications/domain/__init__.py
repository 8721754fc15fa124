"""What a message is and what may happen to it; plain Python."""
