import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageChops

from vinculo.documents.screening import screener as screener_module
from vinculo.documents.screening.criteria import FailureReason
from vinculo.documents.screening.previews import MAX_PREVIEW_BYTES, PREVIEW_SIDE
from vinculo.documents.screening.screener import (
    NoSuchPage,
    Preview,
    PreviewRequest,
    Screener,
    ScreeningFailed,
)

from ..harmless_files import HARMLESS_FILES
from ..sample_files import JPEG, PDF, PNG, jpeg, pdf, png
from .sanitized import sanitized

FIRST = PreviewRequest(page=1, watermark="reader 7, 2026-07-01 10:00 UTC")


@pytest.fixture
async def screener() -> AsyncIterator[Screener]:
    screener = Screener()
    yield screener
    await screener.close()


def opened(preview: object) -> Image.Image:
    assert isinstance(preview, Preview)
    picture = Image.open(io.BytesIO(preview.content), formats=["JPEG"])
    picture.load()
    return picture


async def test_a_page_of_a_pdf_is_a_picture(screener: Screener) -> None:
    content = await sanitized(pdf(pages=3), PDF)

    preview = await screener.preview(content, PDF, PreviewRequest(page=3, watermark="reader"))

    assert isinstance(preview, Preview)
    assert preview.page_count == 3
    assert max(opened(preview).size) == PREVIEW_SIDE


async def test_a_file_with_fewer_pages_has_no_such_page(screener: Screener) -> None:
    second = PreviewRequest(page=2, watermark="reader")

    assert await screener.preview(pdf(), PDF, second) == NoSuchPage()
    assert await screener.preview(jpeg(), JPEG, second) == NoSuchPage()


@pytest.mark.parametrize("description", HARMLESS_FILES)
async def test_every_file_that_passes_the_screening_has_a_preview(
    screener: Screener, description: str
) -> None:
    media_type, file = HARMLESS_FILES[description]
    content = await sanitized(file(), media_type)

    preview = await screener.preview(content, media_type, FIRST)

    assert isinstance(preview, Preview)
    assert max(opened(preview).size) <= PREVIEW_SIDE
    assert len(preview.content) <= MAX_PREVIEW_BYTES


async def test_the_preview_of_the_noisiest_picture_is_small(screener: Screener) -> None:
    noise = Image.effect_noise((PREVIEW_SIDE, PREVIEW_SIDE), 255).convert("RGB")
    content = io.BytesIO()
    noise.save(content, format="PNG")

    preview = await screener.preview(content.getvalue(), PNG, FIRST)

    assert isinstance(preview, Preview)
    assert len(preview.content) <= MAX_PREVIEW_BYTES


async def test_the_watermark_names_the_reader(screener: Screener) -> None:
    content = png(size=(1200, 900))
    other = PreviewRequest(page=1, watermark="reader 8, 2026-07-01 10:00 UTC")

    shown = opened(await screener.preview(content, PNG, FIRST))
    shown_to_another = opened(await screener.preview(content, PNG, other))

    assert len(shown.convert("L").getcolors() or []) > 1
    assert ImageChops.difference(shown, shown_to_another).getbbox() is not None


async def test_transparent_parts_are_white(screener: Screener) -> None:
    content = io.BytesIO()
    Image.new("RGBA", (40, 40)).save(content, format="PNG")

    preview = opened(await screener.preview(content.getvalue(), PNG, FIRST))

    assert preview.getpixel((0, 0)) > (250, 250, 250)  # type: ignore[operator]


async def test_a_file_that_cannot_be_rendered_fails(screener: Screener) -> None:
    result = await screener.preview(b"%PDF-1.7 nothing", PDF, FIRST)

    assert result == ScreeningFailed(reason=FailureReason.DAMAGED)


async def test_a_renderer_that_crashes_leaves_the_process_alive(
    screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
import os, signal
import vinculo.documents.screening.__main__ as process
process.rendered_page = lambda *_, **__: os.kill(os.getpid(), signal.SIGSEGV)
process.main()
"""
    monkeypatch.setattr(screener_module, "COMMAND", ("-c", program))

    crashed = await screener.preview(pdf(), PDF, FIRST)

    assert crashed == ScreeningFailed(reason=FailureReason.TOO_COMPLEX)
    assert await sanitized(pdf(), PDF)
