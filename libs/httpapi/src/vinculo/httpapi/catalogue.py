"""The language of a response, and messages that all HTTP services share."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from babel.dates import format_timedelta
from starlette.datastructures import Headers

from vinculo.translation import Catalogue, Language, load_catalogue

PROBLEM: Final = "problem"
"""Context of problem titles; the key is the last part of the problem's type."""
FIELD_ERROR: Final = "field-error"
"""Context of field errors; the key is the error's code."""
RETRY: Final = "retry"
"""Context of the advice beside `Retry-After`."""

COMMON_MESSAGES: Final = load_catalogue("vinculo.httpapi")


def problem_title(catalogue: Catalogue, slug: str, status: int, language: Language) -> str:
    """The title of a problem, or the standard phrase of the status if the catalogue has none."""
    title = catalogue.find(PROBLEM, slug, language)
    if title is not None:
        return title
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return slug


def retry_advice(seconds: int, language: Language) -> str:
    """When to try again, in words: in whole seconds, minutes or hours, rounded up."""
    return COMMON_MESSAGES.text(RETRY, "advice", language, wait=_wait_in_words(seconds, language))


def _wait_in_words(seconds: int, language: Language) -> str:
    unit = next((each for each in (3600, 60) if seconds > each), 1)
    rounded = timedelta(seconds=-(-seconds // unit) * unit)
    return format_timedelta(rounded, granularity="second", threshold=1, locale=language)


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
