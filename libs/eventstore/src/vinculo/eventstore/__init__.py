"""Deciders, the event store on PostgreSQL, its outbox and relay."""
