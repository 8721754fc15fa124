"""Why a filter or a sort order is refused, in words of both languages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vinculo.httpapi import FieldError
from vinculo.translation import Language

MESSAGES: Final[Mapping[str, Mapping[Language, str]]] = MappingProxyType(
    {
        "not_in_this_list": {
            "es": "Esta lista no tiene ese estado: {value}",
            "en": "This list has no such status: {value}",
        },
        "not_of_this_query": {
            "es": "No viene de esta consulta o fue alterado",
            "en": "Is not from this query or was altered",
        },
        "not_of_this_list": {
            "es": "Esta lista no tiene ese filtro",
            "en": "This list has no such filter",
        },
        "too_many_words": {
            "es": "Busque {value} palabras como máximo",
            "en": "Search for at most {value} words",
        },
        "preset_and_dates": {
            "es": "Indique un período o fechas, no ambos",
            "en": "Give a period or dates, not both",
        },
        "dates_reversed": {
            "es": "La primera fecha es posterior a la última",
            "en": "The first date is after the last",
        },
        "too_many_days": {
            "es": "Pida {value} días como máximo",
            "en": "Ask for at most {value} days",
        },
        "not_sortable": {
            "es": "Ordene por una de estas columnas: {value}",
            "en": "Sort by one of these columns: {value}",
        },
    }
)


def field_refusal(field: str, code: str, language: Language, value: object = "") -> FieldError:
    """`value` is one of our own words or numbers, never what the client sent."""
    return FieldError(field, code, MESSAGES[code][language].format(value=value))
