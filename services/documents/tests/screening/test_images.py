import io
from collections.abc import Callable

import pytest
from PIL import Image

from vinculo.documents.screening import images
from vinculo.documents.screening.criteria import (
    CONTENT_LIMITS,
    ContentLimits,
    FileRejected,
)

from ..sample_files import (
    JPEG,
    PNG,
    archive,
    jpeg,
    pdf,
    picture,
    png,
)
from .sanitized import sanitized

ORIENTATION = 0x0112
LOCATION = 0x8825


async def test_a_jpeg_keeps_the_picture_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[LOCATION] = {1: "N", 2: (4.0, 36.0, 0.0)}

    with Image.open(io.BytesIO(await sanitized(jpeg(exif=exif), JPEG))) as image:
        assert image.format == "JPEG"
        assert image.size == (60, 40)
        assert not image.getexif()
        assert "comment" not in image.info


async def test_a_rotated_photo_is_stored_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6

    with Image.open(io.BytesIO(await sanitized(jpeg(exif=exif), JPEG))) as image:
        assert image.size == (40, 60)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_a_png_keeps_the_picture_and_loses_its_metadata(mode: str) -> None:
    content = await sanitized(png(mode), PNG)

    assert b"secret place" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        assert image.size == (60, 40)


async def test_a_cmyk_jpeg_becomes_rgb() -> None:
    file = io.BytesIO()
    picture().convert("CMYK").save(file, "JPEG")

    with Image.open(io.BytesIO(await sanitized(file.getvalue(), JPEG))) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize(("media_type", "file"), [(JPEG, jpeg), (PNG, png)])
async def test_bytes_appended_to_a_picture_are_removed(
    media_type: str, file: Callable[[], bytes]
) -> None:
    content = await sanitized(file() + archive() + pdf(), media_type)

    assert b"evil.exe" not in content
    assert b"%PDF" not in content


def test_a_picture_may_have_a_hundred_million_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CONTENT_LIMITS.pixels == 100_000_000
    monkeypatch.setattr(images, "CONTENT_LIMITS", ContentLimits(pixels=60 * 40))

    assert images.sanitized_image(jpeg(size=(60, 40)), JPEG)
    with pytest.raises(FileRejected, match="too_many_pixels"):
        images.sanitized_image(jpeg(size=(60, 41)), JPEG)


@pytest.mark.parametrize(("media_type", "file"), [(JPEG, jpeg), (PNG, png)])
def test_a_large_picture_is_scaled(
    media_type: str, file: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "CONTENT_LIMITS", ContentLimits(side=300))

    with Image.open(io.BytesIO(images.sanitized_image(file(size=(900, 600)), media_type))) as image:
        assert image.size == (300, 200)
