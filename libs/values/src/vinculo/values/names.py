"""Names and short texts, as people write them."""

import re
import unicodedata
from typing import Final

from vinculo.values.invalid_value import InvalidValue

MAX_NAME_LENGTH: Final = 100
_BESIDE_LETTERS: Final = frozenset(" '’-.ªº·")  # noqa: RUF001 - the apostrophe people type
_SPACES: Final = re.compile(r"\s+")


def person_name(raw: str) -> str:
    """Given names or surnames: letters of any script, kept in the case they were written in."""
    name = _regular(raw)
    if not any(unicodedata.category(letter).startswith("L") for letter in name):
        raise InvalidValue("name_empty" if not name else "name_malformed")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidValue("name_too_long")
    if not all(_may_be_in_a_name(letter) for letter in name):
        raise InvalidValue("name_malformed")
    return name


def short_text(raw: str) -> str:
    """One line of anything readable. How long it may be, the body says."""
    text = _regular(raw)
    if not text:
        raise InvalidValue("text_empty")
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cn", "Cs"} for letter in text):
        raise InvalidValue("text_malformed")
    return text


def normalized_words(text: str) -> list[str]:
    """The words of a text without case and accents, for searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.findall(r"[^\W_]+", plain)


def _regular(raw: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFC", raw)).strip()


def _may_be_in_a_name(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM" or letter in _BESIDE_LETTERS
