"""Search tokens of a person: folded words and numbers, each with a prefix for its kind.

Lists search by anchored prefixes of tokens; search words are folded in the same way. A word of a
name is stored written together with those after it, so that a prefix finds them joined, too.
"""

import re
from collections.abc import Iterator
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from vinculo.values.folding import folded_words, joined_words, word_endings

NAME_PREFIX: Final = "n:"
EMAIL_PREFIX: Final = "e:"
DOCUMENT_PREFIX: Final = "d:"
PHONE_PREFIX: Final = "p:"

MAX_TOKEN_LENGTH: Final = 128
MIN_PREFIX_LETTERS: Final = 3
"""Shorter words of a name are found whole, so each has a token of its own."""
_NOT_DIGIT: Final = re.compile(r"[^0-9]+")
_MAX_CALLING_CODE_DIGITS: Final = 3


def name_tokens(*names: str) -> Iterator[str]:
    """For each word of each name, one with the words after it; one for each short word."""
    for name in names:
        words = folded_words(name)
        for ending in word_endings(words):
            yield NAME_PREFIX + ending[:MAX_TOKEN_LENGTH]
        for word in words:
            if len(word) < MIN_PREFIX_LETTERS:
                yield NAME_PREFIX + word


def email_key(email: str) -> str:
    return email.strip().lower()


def document_key(document_number: str) -> str:
    """Digits and letters only, lower case."""
    return joined_words(document_number)


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
