"""Identifiers in order of time, which keeps indexes compact. They tell it too: never a token."""

from uuid_utils.compat import uuid7

__all__ = ["uuid7"]
