"""Tables, rows and streams of onboarding in PostgreSQL."""
