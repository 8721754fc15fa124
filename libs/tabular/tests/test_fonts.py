"""Folders of fonts: what is refused, and why."""

from pathlib import Path

import pytest

from vinculo.tabular import FontError, load_fonts

from .font_files import save_font


def test_noto_sans_has_the_letters_of_latin_greek_and_cyrillic() -> None:
    (noto,) = load_fonts().files

    blocks = [(0x20, 0x7F), (0xA0, 0x180), (0x370, 0x378), (0x400, 0x500), (0x1EA0, 0x1EFA)]
    letters = [letter for block in blocks for letter in range(*block)]
    assert [letter for letter in letters if noto.glyph(letter) is None] == []


def test_fonts_of_a_folder_follow_in_the_order_of_their_names(tmp_path: Path) -> None:
    save_font(tmp_path / "b.otf", "b", postscript=True)
    save_font(tmp_path / "a.ttf", "a")

    _, first, second = load_fonts(tmp_path).files
    assert (first.glyph(ord("a")), second.glyph(ord("b"))) == ("box1", "box1")
    assert first.glyph(ord("b")) is None


def test_widths_are_in_thousandths_of_the_font_size(tmp_path: Path) -> None:
    save_font(tmp_path / "a.ttf", "a")

    assert load_fonts(tmp_path).files[1].width("box1") == 1000


def test_a_folder_without_fonts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README").touch()

    with pytest.raises(FontError, match="has no font"):
        load_fonts(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no font", b"\x00\x01\x00\x00" + b"\xff" * 100])
def test_a_file_that_is_no_font_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.ttf").write_bytes(content)

    with pytest.raises(FontError, match=r"broken\.ttf"):
        load_fonts(tmp_path)


@pytest.mark.parametrize("length", [100, 400, 700])
def test_a_font_that_was_cut_off_is_named(tmp_path: Path, length: int) -> None:
    path = save_font(tmp_path / "cut.ttf", "abc")
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(FontError, match=r"cut\.ttf"):
        load_fonts(tmp_path)


def test_a_font_that_forbids_embedding_is_refused(tmp_path: Path) -> None:
    save_font(tmp_path / "own.ttf", "a", embedding=0x0002)

    with pytest.raises(FontError, match=r"own\.ttf does not permit embedding"):
        load_fonts(tmp_path)
