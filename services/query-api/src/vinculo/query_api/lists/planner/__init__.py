"""Chooses the index by which a page of a list is read, from statistics of a sample of people."""
