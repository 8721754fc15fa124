"""What a dossier decides; plain Python."""
