"""The service's rows in PostgreSQL beside its events, and its files in the object store."""
