import asyncio
import io
import resource
import subprocess
import sys
from collections.abc import Callable

import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from vinculo.documents.screening import images, screener
from vinculo.documents.screening.criteria import (
    FITNESS_LIMITS,
    FileUnfit,
    FitnessLimits,
    UnfitReason,
)
from vinculo.documents.screening.screener import (
    FitFile,
    Screener,
    ScreeningBroken,
    ScreeningTooSlow,
    UnfitFile,
)

from ..sample_files import (
    BAD_FILES,
    JPEG,
    PDF,
    PNG,
    action,
    annotation,
    archive,
    jpeg,
    page,
    pdf,
    pdf_with,
    picture,
    png,
    root,
)

ORIENTATION = 0x0112
LOCATION = 0x8825


async def kept(content: bytes, media_type: str) -> bytes:
    verdict = await Screener().screen(content, media_type)
    assert isinstance(verdict, FitFile)
    return verdict.content


@pytest.mark.parametrize("description", BAD_FILES)
async def test_a_bad_file_is_unfit_for_a_reason(description: str) -> None:
    media_type, file, reason = BAD_FILES[description]

    assert await Screener().screen(file(), media_type) == UnfitFile(reason=UnfitReason(reason))


def test_the_corpus_of_bad_files_gives_every_reason_that_content_can_have() -> None:
    not_of_content = {UnfitReason.CHANGED_AFTER_UPLOAD}

    assert {reason for _, _, reason in BAD_FILES.values()} == set(UnfitReason) - not_of_content


@pytest.mark.parametrize("pages", [1, 50])
async def test_a_pdf_is_kept_as_it_is(pages: int) -> None:
    content = pdf(pages=pages)

    assert await kept(content, PDF) == content


async def test_a_pdf_that_says_where_to_open_it_is_fit() -> None:
    at_a_page = root("/OpenAction", lambda p: Array([p.pages[0].obj, Name.Fit]))
    by_an_action = root("/OpenAction", lambda p: action("GoTo", D=Array([p.pages[0].obj])))

    assert await kept(pdf_with(at_a_page), PDF)
    assert await kept(pdf_with(by_an_action), PDF)


async def test_a_pdf_with_a_link_to_a_web_page_is_fit() -> None:
    link = annotation("Link", A=Dictionary(S=Name.URI, URI="https://example.com"))

    assert await kept(pdf_with(page("/Annots", link)), PDF)


async def test_a_jpeg_keeps_the_picture_and_loses_what_it_tells() -> None:
    exif = Image.Exif()
    exif[LOCATION] = {1: "N", 2: (4.0, 36.0, 0.0)}

    with Image.open(io.BytesIO(await kept(jpeg(exif=exif), JPEG))) as image:
        assert image.format == "JPEG"
        assert image.size == (60, 40)
        assert not image.getexif()
        assert "comment" not in image.info


async def test_a_photo_taken_sideways_is_kept_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6

    with Image.open(io.BytesIO(await kept(jpeg(exif=exif), JPEG))) as image:
        assert image.size == (40, 60)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_a_png_keeps_the_picture_and_loses_what_it_tells(mode: str) -> None:
    content = await kept(png(mode), PNG)

    assert b"secret place" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        assert image.size == (60, 40)


async def test_a_printers_jpeg_becomes_one_that_every_screen_shows() -> None:
    file = io.BytesIO()
    picture().convert("CMYK").save(file, "JPEG")

    with Image.open(io.BytesIO(await kept(file.getvalue(), JPEG))) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize(("media_type", "file"), [(JPEG, jpeg), (PNG, png)])
async def test_what_was_appended_to_a_picture_is_not_kept(
    media_type: str, file: Callable[[], bytes]
) -> None:
    content = await kept(file() + archive() + pdf(), media_type)

    assert b"evil.exe" not in content
    assert b"%PDF" not in content


def test_a_picture_of_forty_million_pixels_is_the_largest_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert FITNESS_LIMITS.pixels == 40_000_000
    monkeypatch.setattr(images, "FITNESS_LIMITS", FitnessLimits(pixels=60 * 40))

    assert images.kept_image(jpeg(size=(60, 40)), JPEG)
    with pytest.raises(FileUnfit, match="too_many_pixels"):
        images.kept_image(jpeg(size=(60, 41)), JPEG)


async def test_a_screening_without_verdict_in_time_says_nothing_about_the_file() -> None:
    with pytest.raises(ScreeningTooSlow, match=r"0.001 s"):
        await Screener(seconds=0.001).screen(pdf(pages=50), PDF)


async def test_a_file_that_ends_its_process_is_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screener, "COMMAND", ("-c", "import os, signal; os.kill(os.getpid(), 9)"))

    assert await Screener().screen(pdf(), PDF) == UnfitFile(reason=UnfitReason.TOO_COMPLEX)


def test_the_process_that_looks_into_a_file_has_limits_it_cannot_pass() -> None:
    limits = {
        limit: resource.getrlimit(limit)
        for limit in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE)
    }
    program = """
import resource
from vinculo.documents.screening.__main__ import set_limits

set_limits()
for name in ("CPU", "AS", "FSIZE"):
    print(resource.getrlimit(getattr(resource, f"RLIMIT_{name}")))
"""
    told = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert told == "(20, 20)\n(1500000000, 1500000000)\n(0, 0)\n"
    assert {limit: resource.getrlimit(limit) for limit in limits} == limits


async def test_a_screening_that_cannot_start_says_nothing_about_the_file() -> None:
    with pytest.raises(ScreeningBroken, match="exit code 1"):
        await Screener().screen(pdf(), "text/plain")


async def test_many_files_at_once_are_each_judged_by_themselves() -> None:
    busy = Screener(concurrency=2)

    first, second, third = await asyncio.gather(
        busy.screen(pdf(), PDF), busy.screen(b"", PDF), busy.screen(png(), PNG)
    )

    assert first == FitFile(content=pdf())
    assert second == UnfitFile(reason=UnfitReason.EMPTY)
    assert isinstance(third, FitFile)
