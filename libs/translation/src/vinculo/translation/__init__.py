"""Message catalogues: all texts for people, in every language, outside the code."""

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
