"""Which of the languages spoken here a request asks for."""

from typing import Final, Literal

from starlette.datastructures import Headers

Language = Literal["es", "en"]
DEFAULT: Final[Language] = "es"
SPOKEN: Final[tuple[Language, ...]] = ("es", "en")


def preferred_language(headers: Headers) -> Language:
    """The best of `Accept-Language`, Spanish when it names none of ours."""
    best: Language = DEFAULT
    best_weight = 0.0
    for item in headers.get("accept-language", "")[:200].split(","):
        tag, _, parameters = item.strip().partition(";")
        language = tag.partition("-")[0].lower()
        for spoken in SPOKEN:
            if language == spoken and (weight := _weight(parameters)) > best_weight:
                best, best_weight = spoken, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0
