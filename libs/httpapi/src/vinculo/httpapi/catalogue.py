"""Messages that all HTTP services share: titles of common problems, messages of field errors."""

from http import HTTPStatus
from typing import Final

from vinculo.translation import Catalogue, Language, load_catalogue

PROBLEM: Final = "problem"
"""Context of problem titles; the key is the last part of the problem's type."""
FIELD_ERROR: Final = "field-error"
"""Context of field errors; the key is the error's code."""

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
