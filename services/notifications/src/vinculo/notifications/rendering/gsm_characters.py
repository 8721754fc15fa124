"""Short messages in the characters of GSM 03.38, of which 160 fit into one segment.

A single other character, such as the í of a brand, would turn the whole message into UCS-2 with 70
characters per segment. The alphabet is that of 3GPP TS 23.038, section 6.2.1.
"""

import unicodedata
from typing import Final

SEGMENT_LENGTH: Final = 160
BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = frozenset("^{}\\[~]|€")
"""Each takes the place of two characters."""


def in_gsm_characters(text: str) -> str:
    """The text with base letters for letters that GSM lacks; other characters become `?`."""
    return "".join(_in_gsm(character) for character in unicodedata.normalize("NFC", text))


def segment_length(text: str) -> int:
    """How much of a segment's `SEGMENT_LENGTH` a text of GSM characters takes."""
    return len(text) + sum(character in EXTENDED for character in text)


def _in_gsm(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    decomposed = unicodedata.normalize("NFKD", character)
    plain = "".join(part for part in decomposed if not unicodedata.combining(part))
    return plain if plain and all(part in BASIC for part in plain) else "?"
