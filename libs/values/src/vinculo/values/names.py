"""Names of people and short texts."""

import re
import unicodedata
from typing import Final

from vinculo.values.invalid_value import InvalidValue

MAX_NAME_LENGTH: Final = 100
_ALLOWED_MARKS: Final = frozenset(" '’-.ªº·")  # noqa: RUF001 - the apostrophe people type
_SPACES: Final = re.compile(r"\s+")


def person_name(raw: str) -> str:
    """Given names or surnames: letters of any script, in their original case.

    Raises:
        InvalidValue: `name_empty`, `name_malformed` or `name_too_long`.

    """
    name = _normalized(raw)
    if not any(unicodedata.category(character).startswith("L") for character in name):
        raise InvalidValue("name_empty" if not name else "name_malformed")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidValue("name_too_long")
    if not all(_is_allowed_in_name(character) for character in name):
        raise InvalidValue("name_malformed")
    return name


def short_text(raw: str) -> str:
    """One line of readable text. Its length is limited by the schema of the request.

    Raises:
        InvalidValue: `text_empty` or `text_malformed`.

    """
    text = _normalized(raw)
    if not text:
        raise InvalidValue("text_empty")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn", "Cs"} for character in text):
        raise InvalidValue("text_malformed")
    return text


def normalized_words(text: str) -> list[str]:
    """The words of a text, without case and accents, for searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.findall(r"[^\W_]+", plain)


def _normalized(raw: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFC", raw)).strip()


def _is_allowed_in_name(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or character in _ALLOWED_MARKS
