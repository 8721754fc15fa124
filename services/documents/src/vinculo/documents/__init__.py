"""The documents service: required documents, screening of files, review."""
