"""Images are decoded and encoded anew, so that nothing but the picture is kept.

Metadata (places, devices, thumbnails), comments and whatever was appended to the file are gone.
"""

import io

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin

from vinculo.documents.screening.criteria import FITNESS_LIMITS, FileUnfit, UnfitReason

FORMATS = {
    "image/jpeg": JpegImagePlugin.JpegImageFile.format,
    "image/png": PngImagePlugin.PngImageFile.format,
}
JPEG_QUALITY = 90
KEPT_MODES = frozenset({"1", "L", "I;16", "P", "RGB", "RGBA"})


def kept_image(content: bytes, media_type: str) -> bytes:
    """Give the picture encoded anew in the same media type, upright, without metadata."""
    format_ = FORMATS[media_type]
    try:
        picture = _picture(content, format_)
    except Image.DecompressionBombError:
        raise FileUnfit(UnfitReason.TOO_MANY_PIXELS) from None
    kept = io.BytesIO()
    quality = {"quality": JPEG_QUALITY} if media_type == "image/jpeg" else {}
    picture.save(kept, format=format_, **quality)
    return kept.getvalue()


def _picture(content: bytes, format_: str) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[format_]) as image:
        if image.width * image.height > FITNESS_LIMITS.pixels:
            raise FileUnfit(UnfitReason.TOO_MANY_PIXELS)
        image.load()
        upright = ImageOps.exif_transpose(image)
    mode = _kept_mode(upright)
    picture = upright if upright.mode == mode else upright.convert(mode)
    picture.info.clear()
    return picture


def _kept_mode(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    return image.mode if image.mode in KEPT_MODES else "RGB"
