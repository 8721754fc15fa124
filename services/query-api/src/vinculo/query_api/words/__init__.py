"""What happened and where things stand, in words of Spanish and English."""
