"""Search words as anchored prefixes of stored tokens.

Short words match whole tokens only: a prefix of one or two letters would read a large part of the
index. The expressions are `bson.Regex`; a compiled Python one carries a Unicode flag with which
MongoDB reads the whole index.
"""

import re
from typing import Any
from uuid import UUID

from bson.regex import Regex

from vinculo.query_api.lists.catalogue import Search
from vinculo.query_api.people.columns import CUSTOMER_ID, TOKENS
from vinculo.query_api.people.tokens import LONGEST_TOKEN, fold

_PART = re.compile(r"[^\W_]+")
_NUMBER_PUNCTUATION = re.compile(r"[\s.\-()+]")
MAX_WORDS = 8
PREFIX_LETTERS = 3
PREFIX_DIGITS = 4


def search_conditions(text: str, searches: frozenset[Search]) -> list[dict[str, Any]]:
    """One condition per word, all of which must hold. Empty text gives none."""
    identifier = _as_uuid(text)
    if identifier is not None and Search.IDENTIFIER in searches:
        return [{"$or": [{CUSTOMER_ID: identifier}, {"_id": identifier}]}]
    number = _NUMBER_PUNCTUATION.sub("", text)
    words = [number] if number.isascii() and number.isdigit() else fold(text).split()
    return [_word(word[: LONGEST_TOKEN - 2], searches) for word in words]


def _word(word: str, searches: frozenset[Search]) -> dict[str, Any]:
    """A word as written, or each of its parts where punctuation holds names together."""
    parts = _PART.findall(word)
    whole = _any_token(word, searches)
    if parts == [word]:
        return whole
    if "@" in word or not parts:
        return whole
    apart: dict[str, Any] = {"$and": [_any_token(part, searches) for part in parts]}
    return {"$or": [whole, apart]} if Search.EMAIL in searches else apart


def _any_token(word: str, searches: frozenset[Search]) -> dict[str, Any]:
    return {TOKENS: {"$in": [_pattern(s, word) for s in sorted(searches) if _suits(s, word)]}}


def _suits(search: Search, word: str) -> bool:
    match search:
        case Search.NAME:
            return "@" not in word and not word.isdigit()
        case Search.PHONE:
            return word.isdigit()
        case Search.EMAIL:
            return not word.isdigit()
        case Search.DOCUMENT:
            return "@" not in word and any(character.isdigit() for character in word)
        case Search.IDENTIFIER:
            return False


def _pattern(search: Search, word: str) -> str | Regex[str]:
    shortest = PREFIX_DIGITS if word.isdigit() else PREFIX_LETTERS
    token = f"{search.value}{word}"
    return token if len(word) < shortest else Regex("^" + re.escape(token))


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
