"""The one folding rule of search, order and equality: case, marks and punctuation do not count.

Searches compare folded words, and words that are written together: `delacruz` is `de la cruz`.
Lists are sorted by `sort_key`, which differs from the folded form in the letter ñ alone.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from anyascii import anyascii

_WORD: Final = re.compile(r"[^\W_]+")
_APOSTROPHES: Final = re.compile("['’ʼ`´·]")  # noqa: RUF001 - written within a word
_NO_WORD: Final = re.compile(r"[\W_]+")
_AFTER_N: Final = "n~"
"""Sorts ñ after any other word with n, and before o: `~` is behind all ASCII letters."""
_TABLE_LIMIT: Final = 0x3000


def fold(text: str) -> str:
    """Lower case without marks, Latin letters as in ASCII (`ł` is `l`, `ß` is `ss`), single spaces.

    Punctuation is left. Folding a folded text changes nothing.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(text.translate(_FOLDED).split())


def folded_words(text: str) -> list[str]:
    """The folded words of a text; punctuation separates words."""
    return _WORD.findall(fold(text))


def joined_words(text: str) -> str:
    """The folded text without spaces and punctuation: equal for texts that are equal in search."""
    return _NO_WORD.sub("", fold(text))


def word_endings(words: Sequence[str]) -> list[str]:
    """Each word written together with all words after it.

    Each run of neighbouring words is a prefix of one of them: `de la cruz` gives `delacruz`,
    `lacruz` and `cruz`.
    """
    return ["".join(words[first:]) for first in range(len(words))]


def runs_with(words: Sequence[str], position: int) -> list[Sequence[str]]:
    """The word at a position alone, and each run of neighbouring words with it."""
    return [
        words[first:end]
        for first in range(position, -1, -1)
        for end in range(position + 1, len(words) + 1)
    ]


def sort_key(text: str) -> str:
    """A key for the Spanish order of names, when compared by code points.

    Words are compared one by one, apostrophes do not count, ñ is after n, other Latin letters with
    marks are equal to the base letter, other scripts are behind.
    """
    if text.isascii():
        parts = [text.lower()]
    else:
        parts = [part.translate(_FOLDED) for part in _split_at_enye(text)]
    plain = (_NO_WORD.sub(" ", _APOSTROPHES.sub("", part)) for part in parts)
    return " ".join(_AFTER_N.join(plain).split())


def letters_sort_key(text: str) -> str:
    """Like `sort_key` with all punctuation, for the order of e-mail addresses."""
    if text.isascii():
        return text.lower()
    return _AFTER_N.join(part.translate(_FOLDED) for part in _split_at_enye(text))


def _split_at_enye(text: str) -> list[str]:
    return unicodedata.normalize("NFC", text).replace("Ñ", "ñ").split("ñ")


class _FoldedCharacters(dict[int, str]):
    """A table for `str.translate`, filled at first use; only alphabets are kept in it."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if code < _TABLE_LIMIT:
            self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    folded = _fold_once(character)
    while (again := "".join(map(_fold_once, folded))) != folded:
        folded = again
    return folded


def _fold_once(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    return "".join(map(_base_letter, decomposed))


def _base_letter(character: str) -> str:
    """The letter in ASCII if it is Latin; nothing for a combining mark."""
    category = unicodedata.category(character)
    if category[0] == "M":
        return ""
    name = unicodedata.name(character, "")
    if category[0] != "L" or not name.startswith(("LATIN", "MODIFIER LETTER")):
        return character
    letters = "".join(filter(str.isalnum, anyascii(character).lower()))
    return letters or ("'" if category == "Lm" else character)


_FOLDED: Final = _FoldedCharacters()
