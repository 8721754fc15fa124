"""The published language: topics, event models, examples, schemas."""
