import pytest
from pikepdf import Array, Dictionary, Name

from ..sample_files import (
    PDF,
    action,
    annotation,
    page,
    pdf,
    pdf_with,
    root,
)
from .sanitized import sanitized


@pytest.mark.parametrize("pages", [1, 50])
async def test_a_pdf_is_stored_unchanged(pages: int) -> None:
    content = pdf(pages=pages)

    assert await sanitized(content, PDF) == content


async def test_a_pdf_with_a_page_to_open_at_passes() -> None:
    at_a_page = root("/OpenAction", lambda p: Array([p.pages[0].obj, Name.Fit]))
    by_an_action = root("/OpenAction", lambda p: action("GoTo", D=Array([p.pages[0].obj])))

    assert await sanitized(pdf_with(at_a_page), PDF)
    assert await sanitized(pdf_with(by_an_action), PDF)


async def test_a_pdf_with_a_link_to_a_web_page_passes() -> None:
    link = annotation("Link", A=Dictionary(S=Name.URI, URI="https://example.com"))

    assert await sanitized(pdf_with(page("/Annots", link)), PDF)
