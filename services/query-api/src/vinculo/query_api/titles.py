"""Titles of this service's own problems."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TITLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "cursor-invalid": {
            "es": "El cursor no es de esta consulta",
            "en": "The cursor is not of this query",
        },
        "export-unknown": {"es": "No existe esa exportación", "en": "There is no such export"},
        "filter-invalid": {
            "es": "Hay filtros por corregir",
            "en": "Some filters need correction",
        },
        "link-used": {
            "es": "El enlace ya se usó o venció; pida otro",
            "en": "The link was used or has expired; ask for another",
        },
        "person-erased": {
            "es": "Los datos de esta persona se eliminaron",
            "en": "This person's data have been erased",
        },
        "person-unknown": {"es": "No existe esa persona", "en": "There is no such person"},
        "position-invalid": {
            "es": "Esa posición no es válida",
            "en": "This is no valid position",
        },
        "position-not-shown": {
            "es": "El cambio aún no se ve aquí; intente de nuevo",
            "en": "The change is not shown here yet; try again",
        },
        "query-too-slow": {
            "es": "La consulta tardó demasiado; use más filtros",
            "en": "The query took too long; use more filters",
        },
        "too-many-exports": {
            "es": "Ya tiene dos exportaciones en curso",
            "en": "You have two exports under way already",
        },
    }
)
