"""Search tokens of a person: folded, each with a letter for what it is.

Lists search by anchored prefixes of these, so the same folding is applied to what is searched.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

NAME: Final = "n:"
EMAIL: Final = "e:"
DOCUMENT: Final = "d:"
PHONE: Final = "p:"

LONGEST_TOKEN: Final = 128
_WORD: Final = re.compile(r"[^\W_]+")
_NOT_ALPHANUMERIC: Final = re.compile(r"[\W_]+")
_NOT_DIGIT: Final = re.compile(r"[^0-9]+")
_LONGEST_CALLING_CODE: Final = 3


def fold(text: str) -> str:
    """Lower case without accents, words apart by one space."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def name_tokens(*names: str) -> Iterator[str]:
    """One token per word of the names."""
    for name in names:
        for word in _WORD.findall(fold(name)):
            yield NAME + word[:LONGEST_TOKEN]


def email_key(email: str) -> str:
    return email.strip().lower()


def document_key(document_number: str) -> str:
    """Digits and letters only, lower case."""
    return _NOT_ALPHANUMERIC.sub("", fold(document_number))


def phone_digits(phone: str) -> str:
    return _NOT_DIGIT.sub("", phone)


def national_digits(phone: str) -> str:
    """The digits of an E.164 number after its country's calling code."""
    digits = phone_digits(phone)
    for length in range(1, _LONGEST_CALLING_CODE + 1):
        if digits[:length] and int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[length:]
    return digits


def tokens(
    *, given_names: str, surnames: str, email: str, document_number: str, phone: str
) -> list[str]:
    """All tokens of a person, sorted, each once."""
    found = set(name_tokens(given_names, surnames))
    found.add(EMAIL + email_key(email)[:LONGEST_TOKEN])
    found.add(DOCUMENT + document_key(document_number)[:LONGEST_TOKEN])
    found.add(PHONE + phone_digits(phone))
    found.add(PHONE + national_digits(phone))
    return sorted(found)
