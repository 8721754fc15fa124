"""The service that decides status, promotion and erasure of people's records."""
