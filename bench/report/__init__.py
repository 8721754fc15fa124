"""What was measured, kept as figures, a table and plots."""
