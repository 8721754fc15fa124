"""Renders one page of a screened file as a picture with a watermark, in the screening child."""

import io
import math
from dataclasses import dataclass
from typing import Final

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFont

from vinculo.documents.screening.images import FORMATS, JPEG

PDF: Final = "application/pdf"
PREVIEW_SIDE: Final = 1600
"""Longest side of a preview, in pixels."""
MAX_PREVIEW_BYTES: Final = 4_000_000
QUALITIES: Final = (85, 60, 30)
WATERMARK_SIZE: Final = 26
WATERMARK_COLOUR: Final = (90, 90, 90, 70)
WATERMARK_SPACING: Final = 7
"""Distance of two lines of the watermark, as a multiple of its height."""
WATERMARK_ANGLE: Final = 30


class PageMissing(Exception):
    """The file has fewer pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPage:
    """`content` is a JPEG of at most MAX_PREVIEW_BYTES."""

    content: bytes
    page_count: int


def rendered_page(content: bytes, media_type: str, *, page: int, watermark: str) -> RenderedPage:
    """The page, counted from 1. Raises PageMissing, or any exception of a parser."""
    if media_type == PDF:
        picture, page_count = _pdf_page(content, page)
    else:
        picture, page_count = _image(content, media_type, page), 1
    marked = _with_watermark(picture, watermark)
    return RenderedPage(content=_encoded(marked), page_count=page_count)


def _pdf_page(content: bytes, page: int) -> tuple[Image.Image, int]:
    with pypdfium2.PdfDocument(content) as document:
        page_count = len(document)
        if page > page_count:
            raise PageMissing
        shown = document[page - 1]
        scale = PREVIEW_SIDE / max(shown.get_size())
        picture = shown.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return picture, page_count


def _image(content: bytes, media_type: str, page: int) -> Image.Image:
    if page > 1:
        raise PageMissing
    with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as image:
        image.draft(None, (PREVIEW_SIDE, PREVIEW_SIDE))
        image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), reducing_gap=2.0)
        picture = image.convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture).convert("RGB")


def _with_watermark(picture: Image.Image, text: str) -> Image.Image:
    """The text in slanted lines all over the picture."""
    font = ImageFont.load_default(WATERMARK_SIZE)
    side = math.ceil(math.hypot(*picture.size))
    layer = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(layer)
    width = max(1, math.ceil(draw.textlength(f"{text}     ", font=font)))
    line = f"{text}     " * math.ceil(side / width)
    for top in range(0, side, WATERMARK_SIZE * WATERMARK_SPACING):
        draw.text((0, top), line, font=font, fill=WATERMARK_COLOUR)
    left, upper = (side - picture.width) // 2, (side - picture.height) // 2
    slanted = layer.rotate(WATERMARK_ANGLE).crop(
        (left, upper, left + picture.width, upper + picture.height)
    )
    return Image.alpha_composite(picture.convert("RGBA"), slanted).convert("RGB")


def _encoded(picture: Image.Image) -> bytes:
    for quality in QUALITIES:
        encoded = io.BytesIO()
        picture.save(encoded, format=FORMATS[JPEG], quality=quality)
        if encoded.tell() <= MAX_PREVIEW_BYTES:
            break
    return encoded.getvalue()
