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
        "event-unknown": {
            "es": "En la historia de esta persona no existe ese evento",
            "en": "There is no such event in this person's history",
        },
        "export-unknown": {"es": "No existe esa exportación", "en": "There is no such export"},
        "filter-invalid": {
            "es": "Hay filtros por corregir",
            "en": "Some filters need correction",
        },
        "history-too-long": {
            "es": "La historia de esta persona es demasiado larga para recorrerla",
            "en": "This person's history is too long to go through",
        },
        "history-unreadable": {
            "es": "La historia de esta persona no se puede leer ahora; intente de nuevo",
            "en": "This person's history cannot be read now; try again",
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
        "person-unknown-then": {
            "es": "En ese momento no había registro de esta persona",
            "en": "There was no record of this person at that point",
        },
        "point-invalid": {
            "es": "Indique un momento con zona horaria (2026-03-02T15:00:00-05:00) o un evento",
            "en": "Give a moment with a time zone (2026-03-02T15:00:00-05:00) or an event",
        },
        "point-to-come": {
            "es": "Ese momento aún no ha llegado",
            "en": "That moment is still to come",
        },
        "points-reversed": {
            "es": "El primer punto es posterior al segundo",
            "en": "The first point is after the second",
        },
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
