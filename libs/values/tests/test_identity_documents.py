"""Normal forms of document numbers, by the shipped document types, and what they identify."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.co import nit

from vinculo.values.document_types import read_document_types
from vinculo.values.identity_documents import DocumentType, Identity, document_number, identity_of
from vinculo.values.invalid_value import InvalidValue

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
        ("NIT", "52.916.234–8", "52916234-8"),  # noqa: RUF001 - a dash
        ("CC", "1032456789\u200b", "1032456789"),
        ("CC", "\u202a1032456789\u202c", "1032456789"),
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
        ("NIT", "52916234", "check_digit_missing"),
        ("NIT", "10324567897", "check_digit_missing"),
        ("NIT", "900775310-1", "company_number"),
        ("NIT", "900775310", "company_number"),
        ("CC", "900775310", "company_number"),
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


@pytest.mark.parametrize(("raw", "suggestion"), [("47383688", "47383688-{}"), ("10324567897", "")])
def test_the_right_check_digit_is_suggested(raw: str, suggestion: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        document_number(raw, CATALOGUE.find("CO", "NIT"))

    digit = nit.calc_check_digit(raw)
    assert refused.value.suggestion == suggestion.format(digit)


def test_identities_stored_without_a_hyphen_are_still_found() -> None:
    former = Identity(country="CO", kind="CC", number="1032456789")

    assert CATALOGUE.possible_identities("10324567897", "CO", "NIT") == [former]
    assert CATALOGUE.possible_identities("900775310", "CO", "CC") == [
        Identity(country="CO", kind="CC", number="900775310")
    ]


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


@given(st.text(max_size=30))
def test_any_text_has_valid_identities_or_none(raw: str) -> None:
    for identity in CATALOGUE.possible_identities(raw, "CO", None):
        assert identity.number.isascii()
        assert "|" not in identity.number
