"""Message catalogues: the texts for people, in every language, out of the code."""

from vinculo.translation.catalogue import (
    DEFAULT_LANGUAGE,
    Catalogue,
    IncompleteCatalogueError,
    Language,
    load_catalogue,
)

__all__ = [
    "DEFAULT_LANGUAGE",
    "Catalogue",
    "IncompleteCatalogueError",
    "Language",
    "load_catalogue",
]
