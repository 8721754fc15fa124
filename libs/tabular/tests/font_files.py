"""Small fonts, made for tests: every letter is a box, as high as the letter's place in the font."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.t2CharStringPen import T2CharStringPen  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTCollection, TTFont  # type: ignore[import-untyped]

UNITS_PER_EM = 2048
ADVANCE = 2048


def save_font(
    path: Path, letters: str, *, postscript: bool = False, embedding: int = 0, collection: int = 0
) -> Path:
    """A font with TrueType or PostScript outlines, or a collection of such fonts."""
    make_font(letters, postscript=postscript, embedding=embedding).save(path)
    if collection:
        fonts = TTCollection()
        fonts.fonts = [TTFont(path) for _ in range(collection)]
        fonts.save(path)
    return path


def make_font(letters: str, *, postscript: bool = False, embedding: int = 0) -> Any:
    names = {letter: f"box{n}" for n, letter in enumerate(letters, 1)}
    order = [".notdef", *names.values()]
    builder = FontBuilder(UNITS_PER_EM, isTTF=not postscript)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(letter): name for letter, name in names.items()})
    heights = {name: 100 + 100 * (index % 100) for index, name in enumerate(order)}
    if postscript:
        builder.setupCFF("Boxes", {}, _charstrings(heights), {})
    else:
        builder.setupGlyf({name: _box(TTGlyphPen(None), each) for name, each in heights.items()})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (ADVANCE, 200)))
    builder.setupHorizontalHeader(ascent=1800, descent=-400)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    builder.setupOS2(fsType=embedding)
    builder.setupPost()
    return builder.font


def _charstrings(heights: Mapping[str, int]) -> dict[str, Any]:
    charstrings = {}
    for name, height in heights.items():
        pen = T2CharStringPen(ADVANCE, None)
        _draw_box(pen, height)
        charstrings[name] = pen.getCharString()
    return charstrings


def _box(pen: Any, height: int) -> Any:
    _draw_box(pen, height)
    return pen.glyph()


def _draw_box(pen: Any, height: int) -> None:
    pen.moveTo((200, 0))
    for point in ((200, height), (1800, height), (1800, 0)):
        pen.lineTo(point)
    pen.closePath()
