"""Search words as anchored prefixes of stored tokens.

Short words match whole tokens only: a prefix of one or two letters would read a large part of the
index. The expressions are `bson.Regex`; a compiled Python one carries a Unicode flag with which
MongoDB reads the whole index.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from bson.regex import Regex

from vinculo.query_api.lists.catalogue import SearchField
from vinculo.query_api.person_document.schema import CUSTOMER_ID, TOKENS
from vinculo.query_api.person_document.search_tokens import (
    MAX_TOKEN_LENGTH,
    document_key,
    normalize,
)

_PART = re.compile(r"[^\W_]+")
_NUMBER_PUNCTUATION = re.compile(r"[\s.\-()+]")
_WITH_CHECK_DIGIT = re.compile(r"[\d.\s]*\d\s*-\s*\d")
_CALLED_FROM_ABROAD = "00"
_PUNCTUATED = frozenset({SearchField.EMAIL, SearchField.DOCUMENT})
MAX_WORDS = 8
MIN_PREFIX_LETTERS = 3
MIN_PREFIX_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token sought whole, or by its beginning."""

    text: str
    is_prefix: bool

    def pattern(self) -> str | Regex[str]:
        return Regex("^" + re.escape(self.text)) if self.is_prefix else self.text


AnyOf = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """Found in a person when in any of the ways each part is."""

    ways: tuple[tuple[AnyOf, ...], ...]

    def condition(self) -> dict[str, Any]:
        ways = [_all_of([any_of(part) for part in way]) for way in self.ways]
        return ways[0] if len(ways) == 1 else {"$or": ways}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """All words must be found; an identifier stands for itself."""

    words: tuple[Word, ...] = ()
    identifier: UUID | None = None

    def conditions(self) -> list[dict[str, Any]]:
        if self.identifier is not None:
            return [{"$or": [{CUSTOMER_ID: self.identifier}, {"_id": self.identifier}]}]
        return [word.condition() for word in self.words]


NOTHING: Final = SearchQuery()


def parse_search(text: str, searches: frozenset[SearchField]) -> SearchQuery:
    """What a text asks for in a list that searches in these fields."""
    identifier = _as_uuid(text)
    if identifier is not None and SearchField.IDENTIFIER in searches:
        return SearchQuery(identifier=identifier)
    words = [text.strip()] if _digits(text) else normalize(text).split()
    return SearchQuery(
        words=tuple(
            _number(_digits(word), word, searches)
            if _digits(word)
            else _word(word[: MAX_TOKEN_LENGTH - 2], searches)
            for word in words
        )
    )


def any_of(tokens: Iterable[Token]) -> dict[str, Any]:
    return {TOKENS: {"$in": [token.pattern() for token in tokens]}}


def _all_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _digits(text: str) -> str:
    """Of a number, however it is punctuated; of anything else, none."""
    number = _NUMBER_PUNCTUATION.sub("", text)
    return number if number.isascii() and number.isdigit() else ""


def _number(number: str, text: str, searches: frozenset[SearchField]) -> Word:
    """A phone or document number, however it is punctuated.

    A cédula is kept without the check digit that its holder's NIT has behind a hyphen.
    """
    number = number[: MAX_TOKEN_LENGTH - 2]
    tokens = _tokens(number, searches)
    if SearchField.PHONE in searches and number.startswith(_CALLED_FROM_ABROAD):
        tokens += _tokens(number.removeprefix(_CALLED_FROM_ABROAD), frozenset({SearchField.PHONE}))
    if SearchField.DOCUMENT in searches and _WITH_CHECK_DIGIT.fullmatch(text):
        tokens += (Token(f"{SearchField.DOCUMENT.value}{number[:-1]}", is_prefix=False),)
    return Word(((tokens,),))


def _word(word: str, searches: frozenset[SearchField]) -> Word:
    """A word as written, or each of its parts where punctuation holds names together."""
    whole = (_tokens(word, searches),)
    parts = _PART.findall(word)
    if parts in ([word], []) or "@" in word:
        return Word((whole,))
    apart = tuple(_tokens(part, searches) for part in parts)
    return Word((whole, apart) if searches & _PUNCTUATED else (apart,))


def _tokens(word: str, searches: frozenset[SearchField]) -> AnyOf:
    return tuple(_token(search, word) for search in sorted(searches) if _applies_to(search, word))


def _token(search: SearchField, word: str) -> Token:
    kept = document_key(word) if search is SearchField.DOCUMENT else word
    shortest = MIN_PREFIX_DIGITS if kept.isdigit() else MIN_PREFIX_LETTERS
    return Token(f"{search.value}{kept}", is_prefix=len(kept) >= shortest)


def _applies_to(search: SearchField, word: str) -> bool:
    match search:
        case SearchField.NAME:
            return "@" not in word and not word.isdigit()
        case SearchField.PHONE:
            return word.isdigit()
        case SearchField.EMAIL:
            return not word.isdigit()
        case SearchField.DOCUMENT:
            return "@" not in word and any(character.isdigit() for character in word)
        case SearchField.IDENTIFIER:
            return False


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
