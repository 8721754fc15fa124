"""Generated identity cards, payslips and certificates."""

from datetime import UTC, datetime
from io import BytesIO

from PIL import Image

from vinculo.simulation.document_files import (
    JPEG,
    PDF,
    REQUIRED_KINDS,
    corrupted,
    required_files,
    with_dots,
)
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people

TODAY = datetime(2026, 11, 5, tzinfo=UTC).date()
PERSON = make_people(1, seed=7, payers=payers())[0]


def test_files_have_the_declared_format() -> None:
    files = required_files(PERSON, TODAY)

    assert [file.kind for file in files] == list(REQUIRED_KINDS)
    for file in files:
        if file.media_type == JPEG:
            with Image.open(BytesIO(file.content)) as image:
                image.load()
                assert image.format == "JPEG"
        else:
            assert file.media_type == PDF
            assert file.content.startswith(b"%PDF-")
            assert file.content.rstrip().endswith(b"%%EOF")


def test_the_same_person_gets_the_same_files() -> None:
    assert required_files(PERSON, TODAY) == required_files(PERSON, TODAY)


def test_a_corrupted_file_lacks_its_signature() -> None:
    (front, *_) = required_files(PERSON, TODAY)

    assert not corrupted(front).content.startswith(b"\xff\xd8\xff")


def test_numbers_are_written_with_dots() -> None:
    assert with_dots("1032456789") == "1.032.456.789"
    assert with_dots("AR123") == "AR123"
