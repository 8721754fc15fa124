"""Search words as anchored prefixes of stored tokens.

Short words match whole tokens only: a prefix of one or two letters would read a large part of the
index. Patterns are `bson.Regex`, because a compiled Python pattern has a Unicode flag with which
MongoDB scans the whole index.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from bson.regex import Regex

from vinculo.query_api.lists.catalogue import SearchField
from vinculo.query_api.mongo import Expression
from vinculo.query_api.person_document.schema import CUSTOMER_ID, TOKENS
from vinculo.query_api.person_document.search_tokens import (
    MAX_TOKEN_LENGTH,
    document_key,
    email_key,
    normalize,
)
from vinculo.values.cleaning import clean_number

MAX_WORDS: Final = 8
MIN_PREFIX_LETTERS: Final = 3
MIN_PREFIX_DIGITS: Final = 4
MAX_WORD_LENGTH: Final = MAX_TOKEN_LENGTH - 2
"""A token is a word after a prefix of two characters."""
_ALPHANUMERIC: Final = re.compile(r"[^\W_]+")
_NUMBER_PUNCTUATION: Final = re.compile(r"[\s.\-()+]")
_WITH_CHECK_DIGIT: Final = re.compile(r"[\d.\s]*\d\s*-\s*\d")
_INTERNATIONAL_PREFIX: Final = "00"
_PUNCTUATED_FIELDS: Final = frozenset({SearchField.EMAIL, SearchField.DOCUMENT})


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token to be found whole, or by its prefix."""

    text: str
    is_prefix: bool

    def pattern(self) -> str | Regex[str]:
        return Regex("^" + re.escape(self.text)) if self.is_prefix else self.text


AnyToken: TypeAlias = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """Matches a person by any of the alternatives; of an alternative, every part must match."""

    alternatives: tuple[tuple[AnyToken, ...], ...]

    def condition(self) -> Expression:
        conditions = [_all_of([any_of(part) for part in each]) for each in self.alternatives]
        return conditions[0] if len(conditions) == 1 else {"$or": conditions}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """All words must match; an identifier stands alone."""

    words: tuple[Word, ...] = ()
    identifier: UUID | None = None

    def conditions(self) -> list[Expression]:
        if self.identifier is not None:
            return [{"$or": [{CUSTOMER_ID: self.identifier}, {"_id": self.identifier}]}]
        return [word.condition() for word in self.words]


def parse_search(text: str, fields: frozenset[SearchField]) -> SearchQuery:
    """The query of a text, in a list that searches in these fields.

    The text is cleaned like the values that it is compared with.
    """
    text = clean_number(text)
    identifier = _uuid_or_none(text)
    if identifier is not None and SearchField.IDENTIFIER in fields:
        return SearchQuery(identifier=identifier)
    words = [text.strip()] if _digits(text) else _folded_words(text)
    return SearchQuery(
        words=tuple(
            _number(_digits(word), word, fields)
            if _digits(word)
            else _word(word[:MAX_WORD_LENGTH], fields)
            for word in words
        )
    )


def _folded_words(text: str) -> list[str]:
    """The words as their tokens are stored; an e-mail address keeps its accents."""
    words: list[str] = []
    for word in text.split():
        words.extend([email_key(word)] if "@" in word else normalize(word).split())
    return words


def any_of(tokens: Iterable[Token]) -> Expression:
    """The condition that a person has any of the tokens."""
    return {TOKENS: {"$in": [token.pattern() for token in tokens]}}


def _all_of(conditions: list[Expression]) -> Expression:
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _digits(text: str) -> str:
    """The digits of a punctuated number; empty for any other text."""
    number = _NUMBER_PUNCTUATION.sub("", text)
    return number if number.isascii() and number.isdigit() else ""


def _number(number: str, text: str, fields: frozenset[SearchField]) -> Word:
    """A phone or document number, however it is punctuated.

    A cédula is stored without the check digit that follows a hyphen in its holder's NIT.
    """
    number = number[:MAX_WORD_LENGTH]
    tokens = _tokens(number, fields)
    if SearchField.PHONE in fields and number.startswith(_INTERNATIONAL_PREFIX):
        national = number.removeprefix(_INTERNATIONAL_PREFIX)
        tokens += _tokens(national, frozenset({SearchField.PHONE}))
    if SearchField.DOCUMENT in fields and _WITH_CHECK_DIGIT.fullmatch(text):
        tokens += (Token(f"{SearchField.DOCUMENT.value}{number[:-1]}", is_prefix=False),)
    return Word(((tokens,),))


def _word(word: str, fields: frozenset[SearchField]) -> Word:
    """The word as written, or each of its parts where punctuation joins names."""
    whole = (_tokens(word, fields),)
    parts = _ALPHANUMERIC.findall(word)
    if parts in ([word], []) or "@" in word:
        return Word((whole,))
    split = tuple(_tokens(part, fields) for part in parts)
    return Word((whole, split) if fields & _PUNCTUATED_FIELDS else (split,))


def _tokens(word: str, fields: frozenset[SearchField]) -> AnyToken:
    return tuple(_token(field, word) for field in sorted(fields) if _applies_to(field, word))


def _token(field: SearchField, word: str) -> Token:
    key = document_key(word) if field is SearchField.DOCUMENT else word
    min_length = MIN_PREFIX_DIGITS if key.isdigit() else MIN_PREFIX_LETTERS
    return Token(f"{field.value}{key}", is_prefix=len(key) >= min_length)


def _applies_to(field: SearchField, word: str) -> bool:
    match field:
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


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
