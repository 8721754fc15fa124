"""The rules of a dossier. Imports the standard library and `vinculo.events` only."""
