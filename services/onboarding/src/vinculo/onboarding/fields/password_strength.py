"""Whether a password is long enough and hard to guess, with the person's own words in view."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from zxcvbn_rs_py import zxcvbn

from vinculo.values.invalid_value import InvalidValue
from vinculo.values.names import normalized_words

SHORTEST: Final = 15
LONGEST: Final = 128
WEAKEST_SCORE: Final = 3
FEWEST_OTHER_LETTERS: Final = 8
_LOOKED_AT: Final = 72
_SHORTEST_WORD: Final = 3


def regular_password(password: str) -> str:
    """One form for what looks alike, so that another keyboard does not lock a person out."""
    return unicodedata.normalize("NFKC", password)


def strong_password(password: str, own_words: Iterable[str]) -> str:
    """Takes milliseconds of computing: not for the event loop."""
    regular = regular_password(password)
    if len(regular) < SHORTEST:
        raise InvalidValue("password_too_short")
    if len(regular) > LONGEST:
        raise InvalidValue("password_too_long")
    words = {word for text in own_words for word in _words_to_avoid(text)}
    if len(_without(regular, words)) < FEWEST_OTHER_LETTERS:
        raise InvalidValue("password_weak")
    if int(zxcvbn(regular[:_LOOKED_AT], sorted(words)).score) < WEAKEST_SCORE:
        raise InvalidValue("password_weak")
    return password


def _words_to_avoid(text: str) -> Iterable[str]:
    words = normalized_words(text)
    for word in (*words, "".join(words), text.casefold()):
        if len(word) >= _SHORTEST_WORD:
            yield word


def _without(password: str, words: Iterable[str]) -> str:
    """What is left beside the person's own words. zxcvbn counts the spaces between them as luck."""
    rest = "".join(normalized_words(password))
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest
