"""Search for organizations by their names, with or without the legal form, and by their tax ids."""

from collections.abc import Iterator
from typing import Final

from vinculo.values.cleaning import clean_number
from vinculo.values.folding import folded_words, joined_words, word_endings

MAX_SEARCH_WORDS: Final = 12
MAX_WORDS_OF_A_LEGAL_FORM: Final = 5
LEGAL_FORMS: Final = frozenset(
    {
        *("sa", "sas", "sca", "sc", "scs", "ltda", "limitada", "eu", "eat", "bic", "spa"),
        *("ese", "esp", "eice", "eirl", "sencs", "inc", "llc", "ltd", "corp"),
        *("sociedadanonima", "sociedadanonimasimplificada", "empresasocialdelestado"),
    }
)
"""Joined words; Colombian ones first."""
TAX_ID_LABELS: Final = frozenset({"nit", "rut"})


def organization_tokens(name: str, tax_id: str | None) -> list[str]:
    """What the prefixes of `organization_searches` are found in.

    These are the folded words of the name, each joined with those after it, and the tax id.
    """
    number = [] if tax_id is None else [joined_words(tax_id)]
    return [*dict.fromkeys((*word_endings(folded_words(name)), *number))]


def organization_searches(text: str) -> Iterator[list[list[str]]]:
    """Searches to try until one finds something: as typed, then without the legal form.

    A search has, for each word, the prefixes of which a token must have one: the word alone, or
    joined with words before it. Digits in groups are joined in the same way.
    """
    words = _words(clean_number(text))
    yield _prefixes(words)
    plain = _without_legal_form(words)
    if plain != words:
        yield _prefixes(plain)


def _words(text: str) -> list[str]:
    """The folded words, without what labels a tax id."""
    typed = text.split()
    is_number_ahead = [any(map(str.isdigit, "".join(typed[n + 1 :]))) for n in range(len(typed))]
    kept = [
        word
        for word, labels in zip(typed, is_number_ahead, strict=True)
        if not (labels and joined_words(word) in TAX_ID_LABELS)
    ]
    return folded_words(" ".join(kept))[:MAX_SEARCH_WORDS]


def _prefixes(words: list[str]) -> list[list[str]]:
    return [
        ["".join(words[first : last + 1]) for first in range(last, -1, -1)]
        for last in range(len(words))
    ]


def _without_legal_form(words: list[str]) -> list[str]:
    for length in range(min(MAX_WORDS_OF_A_LEGAL_FORM, len(words) - 1), 0, -1):
        if "".join(words[-length:]) in LEGAL_FORMS:
            return _without_legal_form(words[:-length])
    return words
