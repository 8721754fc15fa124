"""Normal forms of document numbers, by the shipped document types, and what they identify."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.values.document_types import read_document_types
from vinculo.values.identity_documents import DocumentType, Identity, document_number, identity_of

from .invalid_codes import invalid_code

CATALOGUE = read_document_types(None)


@pytest.mark.parametrize(
    ("code", "raw", "regular"),
    [
        ("CC", " 1.032.456.789 ", "1032456789"),
        ("CC", "1'032'456,789", "1032456789"),
        ("CC", "１０３２４５６７８９", "1032456789"),  # noqa: RUF001 - digits of another keyboard
        ("CC", "1032456789-7", "1032456789"),
        ("CC", "79123456", "79123456"),
        ("CE", "412 345", "412345"),
        ("TI", "1032456789", "1032456789"),
        ("NIT", "1.032.456.789-7", "1032456789-7"),
        ("NIT", "10324567897", "1032456789-7"),
        ("PASSPORT", "ar-123456", "AR123456"),
        ("PPT", "5123456", "5123456"),
    ],
)
def test_a_document_number_has_one_normal_form(code: str, raw: str, regular: str) -> None:
    assert document_number(raw, CATALOGUE.find("CO", code)) == regular


@pytest.mark.parametrize(
    ("code", "raw", "expected"),
    [
        ("CC", "12345", "document_number_malformed"),
        ("CC", "0123456789", "document_number_malformed"),
        ("CC", "12345678901", "document_number_malformed"),
        ("CC", "79A23456", "document_number_malformed"),
        ("CC", "1032456789-1", "check_digit_wrong"),
        ("NIT", "1032456789-1", "check_digit_wrong"),
        ("NIT", "abc", "document_number_malformed"),
        ("PASSPORT", "ABCDEF", "document_number_malformed"),
        ("PASSPORT", "AR123456789012345", "document_number_malformed"),
        ("PPT", "", "document_number_malformed"),
        ("CE", "-412345", "document_number_malformed"),
    ],
)
def test_a_number_that_does_not_match_its_type_is_refused(
    code: str, raw: str, expected: str
) -> None:
    document = CATALOGUE.find("CO", code)

    assert invalid_code(lambda: document_number(raw, document)) == expected


def test_an_unsupported_country_or_type_is_refused() -> None:
    assert invalid_code(lambda: CATALOGUE.find("XX", "CC")) == "country_unsupported"
    assert invalid_code(lambda: CATALOGUE.find("CO", "DNI")) == "document_type_unknown"


@pytest.mark.parametrize("document", CATALOGUE.types, ids=lambda document: document.code)
def test_the_example_of_a_document_type_is_accepted(document: DocumentType) -> None:
    assert document_number(document.example, document)


def test_a_cedula_and_its_holders_nit_are_one_identity() -> None:
    cedula, nit = CATALOGUE.find("CO", "CC"), CATALOGUE.find("CO", "NIT")

    assert identity_of(cedula, "1032456789") == identity_of(nit, "1032456789-7")
    assert identity_of(cedula, "1032456789") != identity_of(
        CATALOGUE.find("CO", "TI"), "1032456789"
    )


def test_a_number_without_a_type_can_have_several_identities() -> None:
    assert CATALOGUE.possible_identities("412345", "CO", None) == [
        Identity(country="CO", kind=kind, number="412345")
        for kind in ("CC", "CE", "PASSPORT", "PPT")
    ]
    assert CATALOGUE.possible_identities("412345", "CO", "CE") == [
        Identity(country="CO", kind="CE", number="412345")
    ]
    assert CATALOGUE.possible_identities("412345", "XX", None) == []


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_has_valid_identities_or_none(raw: str) -> None:
    for identity in CATALOGUE.possible_identities(raw, "CO", None):
        assert identity.number.isascii()
        assert "|" not in identity.number
