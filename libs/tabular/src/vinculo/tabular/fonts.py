"""Font files: Noto Sans, which is installed with this library, and those of a folder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import fontpkg_noto_sans  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

NOTO_SANS: Final = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
SUFFIXES: Final = frozenset({".ttf", ".otf", ".ttc", ".otc"})
FAMILY_NAME: Final = 1
EMBEDDING_RESTRICTED: Final = 0x0002
"""The bit of `fsType` of a font that may not be embedded."""
UNITS: Final = 1000
"""Per em, of all widths."""


class FontError(ValueError):
    """A file is no font that can be embedded, or a folder has none."""


class FontFile:
    """One font: outlines and widths by code point.

    A variable font is used in its default form, and of a collection the first font.

    Raises:
        FontError: the file is no such font.

    """

    def __init__(self, path: Path) -> None:
        try:
            self._font = TTFont(BytesIO(path.read_bytes()), fontNumber=0)
            self._glyphs: dict[int, str] = self._font.getBestCmap() or {}
            self.scale: float = UNITS / self._font["head"].unitsPerEm
            self.name = str(self._font["name"].getDebugName(FAMILY_NAME) or path.stem)
            widths: dict[str, tuple[int, int]] = self._font["hmtx"].metrics
            restricted = self._font["OS/2"].fsType & EMBEDDING_RESTRICTED
        except (OSError, TTLibError, KeyError, ValueError, AssertionError) as error:
            raise FontError(f"{path.name} is not a font") from error
        if restricted:
            raise FontError(f"{path.name} does not permit embedding")
        if not {"glyf", "CFF ", "CFF2"} & set(self._font.keys()):
            raise FontError(f"{path.name} has no outlines")
        self._widths = widths

    def glyph(self, code_point: int) -> str | None:
        """The name of the glyph of a letter."""
        return self._glyphs.get(code_point)

    def width(self, glyph: str) -> int:
        return round(self._widths[glyph][0] * self.scale)

    @cached_property
    def outlines(self) -> Any:  # noqa: ANN401 - fontTools has no types
        """The glyph set: an object with a `draw` method by name of glyph."""
        return self._font.getGlyphSet()


@dataclass(frozen=True, slots=True)
class Fonts:
    """Fonts in the order in which a letter is looked up."""

    files: Sequence[FontFile]


def load_fonts(folder: Path | None = None) -> Fonts:
    """Noto Sans for Latin, Greek and Cyrillic letters, and all fonts of the folder, by name.

    Raises:
        FontError: a file of the folder cannot be embedded, or there is no font in it.

    """
    return Fonts([FontFile(NOTO_SANS), *([] if folder is None else _fonts_in(folder))])


def _fonts_in(folder: Path) -> Iterator[FontFile]:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise FontError(f"{folder} has no font (.ttf, .otf, .ttc or .otc)")
    yield from map(FontFile, paths)
