"""Search words as anchored prefixes of stored tokens.

A word matches by its own tokens, or written together with its neighbours: `de la cruz` finds
`Delacruz`, and `316 697 1985` is one phone number. Short words match whole tokens only: a prefix of
one or two letters would read a large part of the index. Patterns are `bson.Regex`, because a
compiled Python pattern has a Unicode flag with which MongoDB scans the whole index.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from itertools import takewhile
from typing import Final, TypeAlias
from uuid import UUID

from bson.regex import Regex

from vinculo.query_api.lists.catalogue import SearchField
from vinculo.query_api.mongo import Expression
from vinculo.query_api.person_document.schema import CUSTOMER_ID, TOKENS
from vinculo.query_api.person_document.search_tokens import (
    MAX_TOKEN_LENGTH,
    MIN_PREFIX_LETTERS,
    email_key,
)
from vinculo.values.cleaning import clean_number
from vinculo.values.document_types import read_document_types
from vinculo.values.folding import fold, folded_words, joined_words, runs_with

MAX_WORDS: Final = 8
MIN_PREFIX_DIGITS: Final = 4
MAX_WORD_LENGTH: Final = MAX_TOKEN_LENGTH - 2
"""A token is a word after a prefix of two characters."""
_NUMBER_PUNCTUATION: Final = re.compile(r"[\s.\-()+]")
_SPACED_HYPHEN: Final = re.compile(r"(?<=\d)\s*-\s*(?=\d)")
_WITH_CHECK_DIGIT: Final = re.compile(r"[\d.\s]*\d-\d")
_LABEL_BEFORE_NUMBER: Final = re.compile(r"([^\W\d_][^\W\d_.]*(?:\.[^\W\d_]+)*)\W*(?=\d)")
_NUMBER_SIGNS: Final = frozenset({"", "n", "no", "nro", "num", "numero", "number"})
_INTERNATIONAL_PREFIX: Final = "00"


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


class TermKind(Enum):
    NAME = auto()
    NUMBER = auto()
    OTHER = auto()
    """An e-mail address, or a word with digits."""


@dataclass(frozen=True, slots=True)
class Term:
    """A folded word of the text."""

    text: str
    kind: TermKind

    @property
    def joined(self) -> str:
        """Letters and digits only."""
        return joined_words(self.text)


def parse_search(text: str, fields: frozenset[SearchField]) -> SearchQuery:
    """The query of a text, in a list that searches in these fields.

    The text is cleaned like the values that it is compared with.
    """
    text = clean_number(text)
    identifier = _uuid_or_none(text)
    if identifier is not None and SearchField.IDENTIFIER in fields:
        return SearchQuery(identifier=identifier)
    terms = [_term(word[:MAX_WORD_LENGTH]) for word in _split(_SPACED_HYPHEN.sub("-", text))]
    terms = [term for term in terms if term.joined] or terms[:1]
    return SearchQuery(words=tuple(_word(terms, place, fields) for place in range(len(terms))))


def _split(text: str) -> list[str]:
    """The words as their tokens are stored; an e-mail address keeps its accents."""
    words: list[str] = []
    for word in text.split():
        words.extend([email_key(word)] if "@" in word else fold(word).split())
    return words


def _term(word: str) -> Term:
    if _digits(word):
        return Term(word, TermKind.NUMBER)
    is_name = "@" not in word and not any(character.isdigit() for character in word)
    return Term(word, TermKind.NAME if is_name else TermKind.OTHER)


def any_of(tokens: Iterable[Token]) -> Expression:
    """The condition that a person has any of the tokens."""
    return {TOKENS: {"$in": [token.pattern() for token in tokens]}}


def _all_of(conditions: list[Expression]) -> Expression:
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _digits(text: str) -> str:
    """The digits of a punctuated number; empty for any other text."""
    number = _NUMBER_PUNCTUATION.sub("", text)
    return number if number.isascii() and number.isdigit() else ""


def _word(terms: Sequence[Term], position: int, fields: frozenset[SearchField]) -> Word:
    """The term as written or joined with its neighbours, or each of its parts."""
    term = terms[position]
    found = [*_own_tokens(term, fields), *_joined_tokens(terms, position, fields)]
    labelled = _labelled(terms, position) if SearchField.DOCUMENT in fields else None
    if labelled is not None:
        documents = frozenset({SearchField.DOCUMENT})
        found += _own_tokens(terms[labelled], documents)
        found += _joined_tokens(terms, labelled, documents)
    whole = (_without_covered(found),)
    parts = folded_words(term.text)
    if len(parts) < 2 or "@" in term.text or term.kind is TermKind.NUMBER:  # noqa: PLR2004
        return Word((whole,))
    return Word((whole, tuple(_tokens(part, fields) for part in parts)))


def _own_tokens(term: Term, fields: frozenset[SearchField]) -> AnyToken:
    if term.kind is TermKind.NUMBER:
        return _number_tokens(term.text, fields)
    labelled = _LABEL_BEFORE_NUMBER.match(term.text)
    tokens = _tokens(term.text, fields)
    if labelled is not None and joined_words(labelled[1]) in _document_labels():
        number = term.text[labelled.end() :]
        tokens += _number_tokens(number, fields & {SearchField.DOCUMENT})
    return tokens


def _joined_tokens(
    terms: Sequence[Term], position: int, fields: frozenset[SearchField]
) -> Iterator[Token]:
    """The term together with its neighbours of the same kind, names or numbers."""
    kind = terms[position].kind
    if kind is TermKind.OTHER:
        return
    before = list(takewhile(lambda term: term.kind is kind, reversed(terms[:position])))
    after = takewhile(lambda term: term.kind is kind, terms[position:])
    neighbours = [term.text for term in (*reversed(before), *after)]
    for run in runs_with(neighbours, len(before)):
        if kind is TermKind.NUMBER:
            yield from _number_tokens(" ".join(run), fields)
        elif SearchField.NAME in fields:
            yield _token(SearchField.NAME, joined_words("".join(run))[:MAX_WORD_LENGTH])


def _number_tokens(text: str, fields: frozenset[SearchField]) -> AnyToken:
    """A phone or document number, however it is punctuated.

    A cédula is stored without the check digit that follows a hyphen in its holder's NIT.
    """
    number = joined_words(text)[:MAX_WORD_LENGTH]
    tokens = _tokens(number, fields)
    if SearchField.PHONE in fields and number.startswith(_INTERNATIONAL_PREFIX):
        national = number.removeprefix(_INTERNATIONAL_PREFIX)
        tokens += _tokens(national, frozenset({SearchField.PHONE}))
    if SearchField.DOCUMENT in fields and _WITH_CHECK_DIGIT.fullmatch(text):
        tokens += (Token(f"{SearchField.DOCUMENT.value}{number[:-1]}", is_prefix=False),)
    return tokens


def _labelled(terms: Sequence[Term], position: int) -> int | None:
    """The position of the number before which the term writes the type of document."""
    number = next((n for n in range(position, len(terms)) if _has_digit(terms[n])), position)
    end = number
    while end > 0 and terms[end - 1].joined in _NUMBER_SIGNS:
        end -= 1
    firsts = range(min(position + 1, end) if number > position else 0)
    labels = {"".join(term.joined for term in terms[first:end]) for first in firsts}
    return None if labels.isdisjoint(_document_labels()) else number


def _has_digit(term: Term) -> bool:
    return term.kind is not TermKind.NAME and "@" not in term.text


@cache
def _document_labels() -> frozenset[str]:
    return read_document_types(None).labels()


def _without_covered(tokens: Iterable[Token]) -> AnyToken:
    """The tokens, each once, without those that begin with a prefix among them."""
    each_once = list(dict.fromkeys(tokens))
    return tuple(
        token
        for token in each_once
        if not any(
            other.is_prefix and other != token and token.text.startswith(other.text)
            for other in each_once
        )
    )


def _tokens(word: str, fields: frozenset[SearchField]) -> AnyToken:
    return tuple(_token(field, word) for field in sorted(fields) if _applies_to(field, word))


def _token(field: SearchField, word: str) -> Token:
    key = word if field is SearchField.EMAIL else joined_words(word)
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
