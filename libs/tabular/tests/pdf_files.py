"""PDF files read back by other programs: texts, embedded fonts, and the structure tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from pypdf import PdfReader


def page_texts(path: Path) -> list[str]:
    """The text of each page, on which pypdf and PDFium agree."""
    by_pypdf = [page.extract_text() for page in PdfReader(path, strict=True).pages]
    document = pypdfium2.PdfDocument(path)
    by_pdfium = [page.get_textpage().get_text_range() for page in document]
    assert [_letters(text) for text in by_pypdf] == [_letters(text) for text in by_pdfium]
    return by_pypdf


def _letters(text: str) -> str:
    """The text without spaces, and without hyphens, which PDFium takes for breaks of words."""
    return "".join(text.replace("\ufffe", "").replace("-", "").split())


def embedded_font(path: Path) -> Any:
    """The one font program of a file."""
    with pikepdf.open(path) as pdf:
        fonts = [each for each in pdf.objects if _is_font_program(each)]
        (program,) = fonts
        return TTFont(BytesIO(program.read_bytes()))


def _is_font_program(each: pikepdf.Object) -> bool:
    return isinstance(each, pikepdf.Stream) and "/Length1" in each


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the structure tree, with the marked contents that it refers to."""

    tag: str
    children: tuple["Element", ...]
    contents: tuple[tuple[int, int], ...]
    """Pairs of page, counted from 0, and number."""
    attributes: dict[str, Any]

    def find(self, tag: str) -> list["Element"]:
        found = [self] if self.tag == tag else []
        return found + [each for child in self.children for each in child.find(tag)]


def structure_of(path: Path) -> Element:
    """The tree, after a check that it and the pages refer to each other."""
    with pikepdf.open(path) as pdf:
        assert not pdf.check_pdf_syntax()
        pages = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
        root = pdf.Root.StructTreeRoot
        tree = _element(root.K, root, pages)
        referred = sorted(content for each in _all(tree) for content in each.contents)
        marked = [(n, number) for n, page in enumerate(pdf.pages) for number in _marks(page)]
        assert referred == sorted(marked)
        for index, page in enumerate(pdf.pages):
            elements = dict(_number_tree(root.ParentTree))[int(page.obj.StructParents)]
            assert [int(each.K) for each in elements] == sorted(_marks(page))
            assert {pages[each.Pg.objgen] for each in elements} == {index}
        return tree


def _element(
    found: pikepdf.Object, parent: pikepdf.Object, pages: dict[tuple[int, int], int]
) -> Element:
    assert found.P.objgen == parent.objgen
    kids = list(found.K) if isinstance(found.K, pikepdf.Array) else [found.K]
    children = [each for each in kids if isinstance(each, pikepdf.Dictionary)]
    numbers = [int(each) for each in kids if isinstance(each, int)]
    return Element(
        str(found.S).removeprefix("/"),
        tuple(_element(child, found, pages) for child in children),
        tuple((pages[found.Pg.objgen], number) for number in numbers),
        {str(key): value for key, value in found.get("/A", {}).items()},
    )


def _all(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _all(child)


def _marks(page: pikepdf.Page) -> list[int]:
    """The numbers of a page's marked contents; whatever draws is in one, or is an artifact."""
    numbers, open_ = [], 0
    for instruction in pikepdf.parse_content_stream(page):
        operands = instruction.operands
        match str(instruction.operator):
            case "BDC" | "BMC":
                open_ += 1
                properties = operands[-1]
                if isinstance(properties, pikepdf.Dictionary) and "/MCID" in properties:
                    numbers.append(int(properties.MCID))
            case "EMC":
                open_ -= 1
            case "Tj" | "Do" | "S":
                assert open_ == 1
    assert open_ == 0
    return numbers


def _number_tree(node: pikepdf.Object) -> Iterator[tuple[int, pikepdf.Object]]:
    for kid in node.get("/Kids", []):
        yield from _number_tree(kid)
    numbers = list(node.get("/Nums", []))
    yield from zip(map(int, numbers[::2]), numbers[1::2], strict=True)
