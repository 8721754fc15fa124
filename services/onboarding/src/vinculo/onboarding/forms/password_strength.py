"""Whether a password is long enough and hard to guess, considering the person's own data."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from zxcvbn_rs_py import zxcvbn

from vinculo.values.folding import folded_words
from vinculo.values.invalid_value import InvalidValue

DEFAULT_MIN_LENGTH: Final = 15
"""NIST SP 800-63B-4, section 3.1.1.2, for a password that is the only factor."""
MAX_LENGTH: Final = 128
MIN_SCORE: Final = 3
MIN_OTHER_LETTERS: Final = 8
_SCORED_LENGTH: Final = 72
_MIN_WORD_LENGTH: Final = 3


def normalize_password(password: str) -> str:
    """One form for characters that look alike, so that another keyboard does not lock one out."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """What an installation requires of passwords; the lender's name counts as guessed."""

    min_length: int = DEFAULT_MIN_LENGTH
    brand: str = "Vínculo"

    def strong_password(self, password: str, own_words: Iterable[str]) -> str:
        """The password unchanged; `own_words` are the person's own data.

        Computes for milliseconds: do not call it on the event loop.

        Raises:
            InvalidValue: too short, too long, or weak without these words.

        """
        normalized = normalize_password(password)
        if len(normalized) < self.min_length:
            raise InvalidValue("password_too_short", min_length=self.min_length)
        if len(normalized) > MAX_LENGTH:
            raise InvalidValue("password_too_long")
        words = {word for text in (self.brand, *own_words) for word in _variants(text)}
        if len(_without(normalized, words)) < MIN_OTHER_LETTERS:
            raise InvalidValue("password_weak")
        if int(zxcvbn(normalized[:_SCORED_LENGTH], sorted(words)).score) < MIN_SCORE:
            raise InvalidValue("password_weak")
        return password


def _variants(text: str) -> Iterable[str]:
    words = folded_words(text)
    for word in (*words, "".join(words), text.casefold()):
        if len(word) >= _MIN_WORD_LENGTH:
            yield word


def _without(password: str, words: Iterable[str]) -> str:
    """The rest of the password. zxcvbn alone would count spaces between the words as entropy."""
    rest = "".join(folded_words(password))
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest
