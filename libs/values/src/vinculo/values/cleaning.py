"""Removes from a value what pasting and phone keyboards add, and undoes what they replace.

Every rule cleans its value first. What could be read in two ways, such as a right-to-left override,
stays in the value, so that the rule refuses it.
"""

import re
import unicodedata
from typing import Final

_REMOVED_RANGES: Final = (
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202d\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U000e0000-\U000e0fff"
)
_REMOVED: Final = re.compile(f"[{_REMOVED_RANGES}]")
"""Invisible characters: bidirectional marks, zero widths, variation selectors, blank letters."""
_SPACES: Final = re.compile(r"\s+")
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_KEYBOARD: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ＇", "'"),  # noqa: RUF001 - what keyboards write for '
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‐‑−﹣", "-"),  # noqa: RUF001 - what keyboards write for -
    }
)
_DASHES: Final = str.maketrans(dict.fromkeys("‒–—―", "-"))  # noqa: RUF001 - as above
_ASCII_LIMIT: Final = 128


def clean(raw: str) -> str:
    """The text in NFC, with ASCII digits and quotes and single spaces, without invisible parts."""
    text = _REMOVED.sub("", raw).translate(_FULL_WIDTH).translate(_KEYBOARD)
    text = "".join(map(_ascii_digit, unicodedata.normalize("NFC", text)))
    return _SPACES.sub(" ", text).strip()


def clean_number(raw: str) -> str:
    """Like `clean`; dashes of any length are hyphens, which only numbers and names may assume."""
    return clean(raw).translate(_DASHES)


def typed_code(raw: str) -> str:
    """A one-time code without the spaces and hyphens that people group its digits with."""
    return re.sub(r"[ -]", "", clean_number(raw))


def _ascii_digit(character: str) -> str:
    if ord(character) < _ASCII_LIMIT or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))
