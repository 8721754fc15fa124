"""An embedded PDF font with accents, in which every letter is one byte and fast to measure."""

import codecs
import unicodedata
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import reportlab  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFontFile, makeToUnicodeCMap  # type: ignore[import-untyped]

from vinculo.tabular.pdf_objects import PdfObjects

PLAIN: Final = "Vera"
BOLD: Final = "VeraBd"
SEPARATOR: Final = "\0"
"""Between cells that are encoded together: the zero byte, which is no letter's."""
LATIN: Final = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
CONTROL_BYTES: Final = [*range(1, 0x20), *range(0x7F, 0xA0)]
FREE_BYTES: Final = [byte for byte in CONTROL_BYTES if byte not in b"\t\n\r"]
PUNCTUATION: Final = "–—‘’“”„…•€™"  # noqa: RUF001 - used among Latin letters
NO_LETTER: Final = "\ufffe"
SYMBOLIC: Final = 4


class PdfFont:
    """`widths` are those of all bytes, in thousandths of the font size; the separator has none."""

    def __init__(self, name: str) -> None:
        self._face = TTFontFile(str(Path(reportlab.__file__).parent / "fonts" / f"{name}.ttf"))
        table = [NO_LETTER] * 256
        table[0] = SEPARATOR
        for byte in LATIN:
            table[byte] = chr(byte)
        for byte, letter in zip(FREE_BYTES, _letters_beyond_latin(self._face), strict=False):
            table[byte] = letter
        self._codes = codecs.charmap_build("".join(table))
        self._known = frozenset(table) - {NO_LETTER}
        self._letters = [ord(" " if each in {NO_LETTER, SEPARATOR} else each) for each in table]
        widths = [round(self._face.charWidths[letter]) for letter in self._letters]
        self.widths = np.array([0, *widths[1:]], np.int64)

    def encode(self, text: str) -> bytes:
        """A letter that the font lacks loses its accent, or becomes a question mark."""
        try:
            return codecs.charmap_encode(text, "strict", self._codes)[0]
        except UnicodeEncodeError:
            composed = unicodedata.normalize("NFC", text)
            nearest = {ord(letter): self._nearest(letter) for letter in set(composed)}
            return codecs.charmap_encode(composed.translate(nearest), "strict", self._codes)[0]

    def width(self, text: str) -> float:
        """The width of one line at font size 1."""
        return float(self.widths[np.frombuffer(self.encode(text), np.uint8)].sum()) / 1000

    def write(self, objects: PdfObjects) -> int:
        """Write the font's objects and return the number of the font."""
        face = self._face
        name = b"VINCUL+" + face.name
        file = objects.stream(self._subset, b"/Length1 %d" % len(self._subset))
        box = b" ".join(b"%d" % edge for edge in face.bbox)
        descriptor = objects.write(
            b"<</Type/FontDescriptor/FontName/%b/Flags %d/FontBBox[%b]/ItalicAngle 0/Ascent %d"
            b"/Descent %d/CapHeight %d/StemV %d/FontFile2 %d 0 R>>"
            % (name, SYMBOLIC, box, face.ascent, face.descent, face.capHeight, face.stemV, file)
        )
        unicode_map = makeToUnicodeCMap(name.decode(), self._letters)
        to_unicode = objects.stream(unicode_map.encode())
        widths = b" ".join(b"%d" % width for width in self.widths)
        return objects.write(
            b"<</Type/Font/Subtype/TrueType/BaseFont/%b/FirstChar 0/LastChar 255/Widths[%b]"
            b"/FontDescriptor %d 0 R/ToUnicode %d 0 R>>" % (name, widths, descriptor, to_unicode)
        )

    @cached_property
    def _subset(self) -> bytes:
        return bytes(self._face.makeSubset(self._letters))

    def _nearest(self, letter: str) -> str:
        if letter in self._known:
            return letter
        if letter.isspace():
            return " "
        plain = unicodedata.normalize("NFKD", letter)[0]
        return plain if plain in self._known else "?"


def _letters_beyond_latin(face: TTFontFile) -> list[str]:
    beyond = [chr(code) for code in sorted(face.charToGlyph) if 0xFF < code < 0xFB00]  # noqa: PLR2004
    return [letter for letter in beyond if letter.isalpha() or letter in PUNCTUATION]


@lru_cache
def pdf_font(name: str) -> PdfFont:
    """The font, read once: it has no state of any file."""
    return PdfFont(name)


def literal(encoded: bytes) -> bytes:
    """Encoded text with the escapes of a PDF string."""
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
