"""Images are decoded and encoded again, so that only the picture is stored.

This removes metadata (location, device, thumbnails), comments and appended bytes.
"""

import io
from typing import Final

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin

from vinculo.documents.screening.criteria import CONTENT_LIMITS, FailureReason, FileRejected

FORMATS: Final = {
    "image/jpeg": JpegImagePlugin.JpegImageFile.format,
    "image/png": PngImagePlugin.PngImageFile.format,
}
JPEG_QUALITY: Final = 90
KEPT_MODES: Final = frozenset({"1", "L", "I;16", "P", "RGB", "RGBA"})


def sanitized_image(content: bytes, media_type: str) -> bytes:
    """The picture encoded again in the same media type, upright, without metadata.

    Raises FileRejected, or any exception of the decoder.
    """
    format_ = FORMATS[media_type]
    try:
        picture = _picture(content, format_)
    except Image.DecompressionBombError:
        raise FileRejected(FailureReason.TOO_MANY_PIXELS) from None
    sanitized = io.BytesIO()
    quality = {"quality": JPEG_QUALITY} if media_type == "image/jpeg" else {}
    picture.save(sanitized, format=format_, **quality)
    return sanitized.getvalue()


def _picture(content: bytes, format_: str) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[format_]) as image:
        if image.width * image.height > CONTENT_LIMITS.pixels:
            raise FileRejected(FailureReason.TOO_MANY_PIXELS)
        image.load()
        upright = ImageOps.exif_transpose(image)
    mode = _target_mode(upright)
    picture = upright if upright.mode == mode else upright.convert(mode)
    picture.info.clear()
    return picture


def _target_mode(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    return image.mode if image.mode in KEPT_MODES else "RGB"
