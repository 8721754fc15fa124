"""Names of people and short texts."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from vinculo.values.cleaning import clean, clean_number
from vinculo.values.invalid_value import InvalidValue

MAX_NAME_LENGTH: Final = 100
MAX_MARKS: Final = 2
"""Combining marks on one letter."""
_PUNCTUATION: Final = frozenset(" '-.ªº·")
_ACCENTS_FOR_APOSTROPHES: Final = str.maketrans(dict.fromkeys("´`", "'"))  # noqa: RUF001 - both are typed for '
_TOO_MANY_MARKS: Final = re.compile(rf"(?:^|L)M{{{MAX_MARKS + 1}}}|(?:^|[^LM])M")
_DOTTED: Final = re.compile(r"[^\W\d_]['·-]*\.['·-]*(?![ªº](?:\W|$))[^\W\d_]")
_JOINED_SCRIPTS: Final = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL"}),
)
"""Scripts that one word of Japanese or Korean combines."""
_NO_SCRIPT: Final = frozenset({"MODIFIER", "FEMININE", "MASCULINE"})
_UNREADABLE: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})


def person_name(raw: str) -> str:
    """Given names or surnames: letters of any script, in their original case.

    Raises:
        InvalidValue: `name_empty`, `name_malformed`, `name_dotted`, `name_mixes_scripts` or
            `name_too_long`.

    """
    name = clean_number(raw).translate(_ACCENTS_FOR_APOSTROPHES)
    if not name:
        raise InvalidValue("name_empty")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidValue("name_too_long")
    if not all(_is_allowed_in_name(character) for character in name) or _has_stacked_marks(name):
        raise InvalidValue("name_malformed")
    if not all(any(map(_is_letter, word)) for word in name.split()):
        raise InvalidValue("name_malformed")
    if _DOTTED.search(_without_marks(name)):
        raise InvalidValue("name_dotted")
    if not all(_is_of_one_script(word) for word in name.split()):
        raise InvalidValue("name_mixes_scripts")
    return name


def short_text(raw: str) -> str:
    """One line of readable text. Its length is limited by the schema of the request.

    Raises:
        InvalidValue: `text_empty` or `text_malformed`.

    """
    text = clean(raw)
    if not text:
        raise InvalidValue("text_empty")
    if any(unicodedata.category(character) in _UNREADABLE for character in text):
        raise InvalidValue("text_malformed")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in text):
        raise InvalidValue("text_malformed")
    if re.search(rf"M{{{MAX_MARKS + 1}}}", _categories(text)):
        raise InvalidValue("text_malformed")
    return text


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] == "L" and character not in "ªº"


def _is_allowed_in_name(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or character in _PUNCTUATION


def _has_stacked_marks(name: str) -> bool:
    return _TOO_MANY_MARKS.search(_categories(name)) is not None


def _categories(text: str) -> str:
    """One letter per character, such as `L` for a letter and `M` for a combining mark."""
    return "".join(unicodedata.category(character)[0] for character in text)


def _without_marks(name: str) -> str:
    return "".join(each for each in name if unicodedata.category(each)[0] != "M")


def _is_of_one_script(word: str) -> bool:
    scripts = set(_scripts(word))
    return len(scripts) <= 1 or any(scripts <= joined for joined in _JOINED_SCRIPTS)


def _scripts(word: str) -> Iterable[str]:
    """The scripts of the letters, by the first word of the letters' Unicode names."""
    for character in filter(_is_letter, word):
        script = unicodedata.name(character, "UNKNOWN").split(" ")[0]
        if script not in _NO_SCRIPT:
            yield script
