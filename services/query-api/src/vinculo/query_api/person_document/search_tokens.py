"""Search tokens of a person: normalized words and numbers, each with a prefix for its kind.

Lists search by anchored prefixes of tokens; search words are normalized in the same way.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

NAME_PREFIX: Final = "n:"
EMAIL_PREFIX: Final = "e:"
DOCUMENT_PREFIX: Final = "d:"
PHONE_PREFIX: Final = "p:"

MAX_TOKEN_LENGTH: Final = 128
_WORD: Final = re.compile(r"[^\W_]+")
_NOT_ALPHANUMERIC: Final = re.compile(r"[\W_]+")
_NOT_DIGIT: Final = re.compile(r"[^0-9]+")
_MAX_CALLING_CODE_DIGITS: Final = 3


def normalize(text: str) -> str:
    """Lower case without accents, with single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def name_tokens(*names: str) -> Iterator[str]:
    """One token per word of the names."""
    for name in names:
        for word in _WORD.findall(normalize(name)):
            yield NAME_PREFIX + word[:MAX_TOKEN_LENGTH]


def email_key(email: str) -> str:
    return email.strip().lower()


def document_key(document_number: str) -> str:
    """Digits and letters only, lower case."""
    return _NOT_ALPHANUMERIC.sub("", normalize(document_number))


def phone_digits(phone: str) -> str:
    return _NOT_DIGIT.sub("", phone)


def national_digits(phone: str) -> str:
    """The digits of an E.164 number after its country's calling code."""
    digits = phone_digits(phone)
    for length in range(1, _MAX_CALLING_CODE_DIGITS + 1):
        if digits[:length] and int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[length:]
    return digits


def search_tokens(
    *, given_names: str, surnames: str, email: str, document_number: str, phone: str
) -> list[str]:
    """All tokens of a person, sorted, each once."""
    found = set(name_tokens(given_names, surnames))
    found.add(EMAIL_PREFIX + email_key(email)[:MAX_TOKEN_LENGTH])
    found.add(DOCUMENT_PREFIX + document_key(document_number)[:MAX_TOKEN_LENGTH])
    found.add(PHONE_PREFIX + phone_digits(phone))
    found.add(PHONE_PREFIX + national_digits(phone))
    return sorted(found)
