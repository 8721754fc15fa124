"""Images are decoded and encoded again, so that only the picture is stored.

This removes metadata (location, device, thumbnails), comments and appended bytes. Damage in these
parts is no reason to refuse a picture.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from PIL import Image, ImageFile, ImageOps, JpegImagePlugin, PngImagePlugin

from vinculo.documents.screening.criteria import (
    CONTENT_LIMITS,
    SIGNATURES,
    FailureReason,
    FileRejected,
)

JPEG: Final = "image/jpeg"
FORMATS: Final = {
    JPEG: JpegImagePlugin.JpegImageFile.format,
    "image/png": PngImagePlugin.PngImageFile.format,
}
JPEG_QUALITY: Final = 90
KEPT_MODES: Final = frozenset({"1", "L", "I;16", "P", "RGB", "RGBA"})
SCALED_AS: Final = {"1": "L", "P": "RGB"}
PNG_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND"})
"""What the picture and its orientation need; comments and animations are left out."""
PNG_SIGNATURE: Final = SIGNATURES["image/png"]
BYTES_PER_PIXEL: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2}
MAX_BYTES_PER_PIXEL: Final = 4

# Limits of our own apply, which depend on the memory that a picture needs.
Image.MAX_IMAGE_PIXELS = None


def sanitized_image(content: bytes, media_type: str) -> bytes:
    """The picture encoded again in the same media type, upright, without metadata.

    Pictures with a longer side than CONTENT_LIMITS.side are scaled down to it. Raises FileRejected,
    or any exception of the decoder.
    """
    format_ = FORMATS[media_type]
    picture = _picture(content if media_type == JPEG else _needed_chunks(content), format_)
    sanitized = io.BytesIO()
    quality = {"quality": JPEG_QUALITY} if media_type == JPEG else {}
    picture.save(sanitized, format=format_, **quality)
    return sanitized.getvalue()


def _picture(content: bytes, format_: str) -> Image.Image:
    side = CONTENT_LIMITS.side
    with Image.open(io.BytesIO(content), formats=[format_]) as image:
        _check_size(image)
        if max(image.size) > side:
            image.draft(None, (side, side))  # a JPEG is decoded at a fraction of its size
        image.load()
        _turn_upright(image)
        mode = _target_mode(image)
        if max(image.size) > side:
            mode = SCALED_AS.get(mode, mode)
        picture = image.copy() if image.mode == mode else image.convert(mode)
    picture.thumbnail((side, side), reducing_gap=2.0)
    picture.info.clear()
    return picture


def _check_size(image: ImageFile.ImageFile) -> None:
    pixels = image.width * image.height
    bytes_per_pixel = BYTES_PER_PIXEL.get(image.mode, MAX_BYTES_PER_PIXEL)
    if pixels > CONTENT_LIMITS.pixels or pixels * bytes_per_pixel > CONTENT_LIMITS.decoded_bytes:
        raise FileRejected(FailureReason.TOO_MANY_PIXELS)


def _turn_upright(image: Image.Image) -> None:
    """By the orientation in the metadata; damaged metadata is ignored."""
    with suppress(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        ImageOps.exif_transpose(image, in_place=True)


def _target_mode(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    return image.mode if image.mode in KEPT_MODES else "RGB"


def _needed_chunks(content: bytes) -> bytes:
    return PNG_SIGNATURE + b"".join(_chunks(content))


def _chunks(content: bytes) -> Iterator[bytes]:
    """The chunks of a PNG that are needed, up to its end."""
    position = len(PNG_SIGNATURE)
    while position + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        kind = content[position + 4 : position + 8]
        end = position + length + 12
        if kind in PNG_CHUNKS:
            yield content[position:end]
        if kind == b"IEND":
            return
        position = end
