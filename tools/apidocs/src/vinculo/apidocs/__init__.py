"""Writes and checks the OpenAPI documents in `contracts/openapi`."""
