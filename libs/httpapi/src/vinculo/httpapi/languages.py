"""Negotiates the language of a response by `Accept-Language`."""

from collections.abc import Sequence

from starlette.datastructures import Headers

from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.translation import Language

MAX_HEADER_LENGTH = 200


def preferred_language(headers: Headers, languages: Sequence[Language] = ()) -> Language:
    """The best match among `languages`, by default those of this package; else the first one."""
    available = languages or COMMON_MESSAGES.languages
    best, best_weight = available[0], 0.0
    for item in headers.get("accept-language", "")[:MAX_HEADER_LENGTH].split(","):
        tag, _, parameters = item.strip().partition(";")
        requested = tag.partition("-")[0].lower()
        weight = _weight(parameters)
        if requested in available and weight > best_weight:
            best, best_weight = requested, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0
