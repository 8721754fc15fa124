"""A column's cells as lines that fit its width, in the bytes of a font.

Every row has two lines, as an id always takes two; what needs more is rare and wrapped by itself.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.query_api.exports.pdf_font import SEPARATOR, PdfFont, literal
from vinculo.query_api.exports.wrapping import Width, wrapped

BREAK: Final = SEPARATOR.encode()
LINES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Of each cell the first and second; `more` are the further ones, by the cell's place."""

    first: list[bytes]
    second: list[bytes]
    more: dict[int, list[bytes]] = field(default_factory=dict)


def split_lines(texts: pa.Array, font: PdfFont, *, ends: int, begins: int) -> Lines:
    """Cells that all have one form, broken at the same place."""
    cells = _joined(texts, font).split(BREAK)
    return Lines(first=[cell[:ends] for cell in cells], second=[cell[begins:] for cell in cells])


def wrapped_lines(texts: pa.Array, font: PdfFont, *, width: float) -> Lines:
    """`width` is for a size of one."""
    encoded = _joined(texts, font)
    lines = Lines(first=literal(encoded).split(BREAK), second=[b""] * len(texts))
    for place in _too_wide(encoded, font, width):
        first, *others = _wrapped(texts[place].as_py(), width, font)
        lines.first[place] = first
        if others:
            lines.second[place], *further = others
            if further:
                lines.more[place] = further
    return lines


def _joined(texts: pa.Array, font: PdfFont) -> bytes:
    """All cells in one go, with a break between them; a text for each would take most time."""
    if not len(texts):
        return b""
    plain = pc.replace_substring(texts, SEPARATOR, " ")
    (joined,) = pc.binary_join(pa.ListArray.from_arrays([0, len(plain)], plain), SEPARATOR)
    return font.encode(joined.as_py())


def _too_wide(encoded: bytes, font: PdfFont, width: float) -> list[int]:
    """The places of the cells that one line does not hold."""
    codes = np.frombuffer(encoded, np.uint8)
    ends = np.append(np.flatnonzero(codes == 0), len(codes))
    reached = np.concatenate(([0], np.cumsum(font.widths[codes])))[ends]
    return [int(place) for place in np.flatnonzero(np.diff(reached, prepend=0) > width * 1000)]


@lru_cache(maxsize=4096)
def _wrapped(text: str, width: float, font: PdfFont) -> tuple[bytes, ...]:
    """Remembered, as the words of codes and the names of payers come again and again."""
    return tuple(literal(font.encode(line)) for line in wrapped(text, width, _of(font)))


@lru_cache
def _of(font: PdfFont) -> Width:
    """The width of one letter."""
    return lru_cache(maxsize=1024)(font.width)
