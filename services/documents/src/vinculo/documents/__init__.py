"""What is required, whether a file is fit, review."""
