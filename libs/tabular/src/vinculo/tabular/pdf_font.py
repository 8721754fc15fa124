"""The font of a PDF: glyphs of several font files, numbered in the order of their first use.

All glyphs of a file are in one composite font, so a text of any script is one string of the page.
The number of a glyph has two bytes. Neither of them has a meaning in a string of a PDF, nor is
zero, so texts need no escapes, and zero bytes are free to separate texts that are encoded together.
"""

import unicodedata
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final, TypeAlias

import numpy as np
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.cu2quPen import Cu2QuPen  # type: ignore[import-untyped]
from fontTools.pens.filterPen import DecomposingFilterPen  # type: ignore[import-untyped]
from fontTools.pens.transformPen import TransformPen  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

from vinculo.tabular.fonts import UNITS, FontFile, Fonts
from vinculo.tabular.pdf_objects import PdfObjects

SEPARATOR: Final = "\0"
BREAK: Final = b"\0\0"
"""An encoded separator."""
BYTES: Final = [byte for byte in range(1, 256) if byte not in b"\n\r()\\"]
MAX_GLYPHS: Final = len(BYTES) ** 2
CODE_POINTS: Final = 0x110000
UNKNOWN, IGNORED = 1, 2
"""Numbers that no glyph has, of letters not yet seen and of letters that are not printed."""
WHITE_SQUARE: Final = 0x25A1
SQUARE_WIDTH: Final = 600
SQUARE: Final = ((60, 0), (540, 0), (540, 660), (60, 660))
SQUARE_HOLE: Final = ((110, 50), (110, 610), (490, 610), (490, 50))
VARIATION_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
MAX_OUTLINE_ERROR: Final = 1.0
"""Of curves that are approximated, in thousandths of the font size."""
ASCENT, DESCENT = 1069, -293
BOX: Final = (-200, -400, 1200, 1200)
SYMBOLIC: Final = 4
STEM_WIDTH: Final = 80
ENTRIES_PER_BLOCK: Final = 100
"""A limit of the character map language."""
CHARACTER_MAP: Final = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
%bendcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.uint16]]


class PdfFont:
    """The font of one file. `widths` are by glyph number, in thousandths of the font size.

    A letter that no font file has is printed as a white square, with the number `missing`.
    """

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts.files
        self._numbers = np.full(CODE_POINTS, UNKNOWN, np.uint16)
        self._numbers[0] = 0
        self.widths = np.zeros(1 << 16, np.int64)
        self.widest = 0
        self._letters: list[int] = []
        self._glyphs: list[tuple[FontFile, str] | None] = []
        self.missing = self._new_glyph(WHITE_SQUARE, None)
        self._numbers[WHITE_SQUARE] = self.missing
        self.has_missing = self._has_ignored = False

    @property
    def files(self) -> list[str]:
        """The names of the font files that the texts so far have needed."""
        used = {id(found[0]) for found in self._glyphs if found is not None}
        return [font.name for font in self._fonts if id(font) in used]

    def encode(self, text: str) -> Numbers:
        """The numbers of the glyphs of a text in normal form C; zeros for separators."""
        composed = unicodedata.normalize("NFC", text)
        letters = np.frombuffer(composed.encode("utf-32-le"), np.uint32)
        numbers = self._numbers.take(letters)
        unknown = numbers == UNKNOWN
        if unknown.any():
            for letter in np.unique(letters[unknown]):
                self._numbers[letter] = self._number(int(letter))
            numbers = self._numbers.take(letters)
        return numbers[numbers != IGNORED] if self._has_ignored else numbers

    def string(self, text: str) -> bytes:
        """The text as the content of a string of a page."""
        return to_bytes(self.encode(text))

    def width(self, text: str) -> float:
        """The width of one line at font size 1."""
        return self.line(text)[1]

    def line(self, text: str) -> tuple[bytes, float]:
        """Both string and width."""
        numbers = self.encode(text)
        return to_bytes(numbers), int(self.widths.take(numbers).sum()) / UNITS

    def write(self, objects: PdfObjects, number: int) -> None:
        """Write the font with the glyphs that were used."""
        numbers = self._glyph_numbers()
        name = "".join(["VINCUL+", *filter(str.isalnum, self._fonts[0].name)]).encode()
        program = self._program()
        file = objects.stream(program, b"/Length1 %d" % len(program))
        descriptor = objects.write(
            b"<</Type/FontDescriptor/FontName/%b/Flags %d/FontBBox[%d %d %d %d]/ItalicAngle 0"
            b"/Ascent %d/Descent %d/CapHeight 714/StemV %d/FontFile2 %d 0 R>>"
            % (name, SYMBOLIC, *BOX, ASCENT, DESCENT, STEM_WIDTH, file)
        )
        to_glyph = np.zeros(numbers[-1] + 1, ">u2")
        to_glyph[numbers] = np.arange(1, len(numbers) + 1)
        widths = b"".join(b"%d[%d]" % (each, self.widths[each]) for each in numbers)
        descendant = objects.write(
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b/CIDSystemInfo<</Registry(Adobe)"
            b"/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/DW %d/W[%b]"
            b"/CIDToGIDMap %d 0 R>>"
            % (name, descriptor, SQUARE_WIDTH, widths, objects.stream(to_glyph.tobytes()))
        )
        to_unicode = objects.stream(_character_map(zip(numbers, self._letters, strict=True)))
        objects.write(
            b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H/DescendantFonts[%d 0 R]"
            b"/ToUnicode %d 0 R>>" % (name, descendant, to_unicode),
            number,
        )

    def _number(self, letter: int) -> int:
        category = unicodedata.category(chr(letter))
        if category == "Cf" or any(letter in selectors for selectors in VARIATION_SELECTORS):
            self._has_ignored = True
            return IGNORED
        if category in {"Cc", "Zs", "Zl", "Zp"} and letter != ord(" "):
            return int(self.encode(" ")[0])
        for font in self._fonts:
            if (glyph := font.glyph(letter)) is not None and len(self._glyphs) < MAX_GLYPHS:
                return self._new_glyph(letter, (font, glyph))
        self.has_missing = True
        return self.missing

    def _new_glyph(self, letter: int, found: tuple[FontFile, str] | None) -> int:
        high, low = divmod(len(self._glyphs), len(BYTES))
        number = BYTES[high] << 8 | BYTES[low]
        self._glyphs.append(found)
        self._letters.append(letter)
        width = SQUARE_WIDTH if found is None else found[0].width(found[1])
        self.widths[number], self.widest = width, max(width, self.widest)
        return number

    def _glyph_numbers(self) -> list[int]:
        bytes_ = [divmod(index, len(BYTES)) for index in range(len(self._glyphs))]
        return [BYTES[high] << 8 | BYTES[low] for high, low in bytes_]

    def _program(self) -> bytes:
        """A TrueType font with the glyphs that were used."""
        names = [f"g{index}" for index in range(len(self._glyphs))]
        widths = self.widths[self._glyph_numbers()].tolist()
        glyphs = [_square() if found is None else _outline(*found) for found in self._glyphs]
        builder = FontBuilder(UNITS, isTTF=True)
        builder.setupGlyphOrder([".notdef", *names])
        builder.setupCharacterMap({})
        builder.setupGlyf({".notdef": _square(), **dict(zip(names, glyphs, strict=True))})
        metrics = {
            name: (width, getattr(glyph, "xMin", 0))
            for name, width, glyph in zip(names, widths, glyphs, strict=True)
        }
        builder.setupHorizontalMetrics({".notdef": (SQUARE_WIDTH, SQUARE[0][0]), **metrics})
        builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
        builder.setupPost(keepGlyphNames=False)
        saved = BytesIO()
        builder.save(saved)
        return saved.getvalue()


def to_bytes(numbers: Numbers) -> bytes:
    return numbers.astype(">u2").tobytes()


def _outline(font: FontFile, glyph: str) -> Any:  # noqa: ANN401 - fontTools has no types
    """The glyph with quadratic curves, scaled and without references to other glyphs."""
    pen = TTGlyphPen(None)
    scaled = TransformPen(Cu2QuPen(pen, MAX_OUTLINE_ERROR), (font.scale, 0, 0, font.scale, 0, 0))
    font.outlines[glyph].draw(DecomposingFilterPen(scaled, font.outlines))
    return pen.glyph()


def _square() -> Any:  # noqa: ANN401 - likewise
    pen = TTGlyphPen(None)
    for first, *others in (SQUARE[::-1], SQUARE_HOLE[::-1]):
        pen.moveTo(first)
        for point in others:
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def _character_map(letters: Iterable[tuple[int, int]]) -> bytes:
    """The map from glyph numbers to letters, by which text is copied and read aloud."""
    lines = [
        b"<%04X> <%b>\n" % (number, chr(letter).encode("utf-16-be").hex().upper().encode())
        for number, letter in letters
    ]
    starts = range(0, len(lines), ENTRIES_PER_BLOCK)
    blocks = [lines[start : start + ENTRIES_PER_BLOCK] for start in starts]
    return CHARACTER_MAP % b"".join(
        b"%d beginbfchar\n%bendbfchar\n" % (len(block), b"".join(block)) for block in blocks
    )
