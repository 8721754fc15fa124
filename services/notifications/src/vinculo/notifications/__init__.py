"""Whom to tell what, in which language, again after failure."""
