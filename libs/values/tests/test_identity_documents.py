"""A document number has one form, and identifies one person."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.document_types import read_document_types
from vinculo.values.identity_documents import DocumentType, Identity, document_number, identity_of
from vinculo.values.invalid_value import InvalidValue

CATALOGUE = read_document_types(None)


def refusal(check: Callable[[], object]) -> str:
    with pytest.raises(InvalidValue) as refused:
        check()
    assert MESSAGES.find(FIELD_ERROR, refused.value.code, "es")
    return refused.value.code


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
def test_a_document_number_has_one_form(code: str, raw: str, regular: str) -> None:
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
def test_a_number_invalid_for_its_type_is_refused(code: str, raw: str, expected: str) -> None:
    document = CATALOGUE.find("CO", code)

    assert refusal(lambda: document_number(raw, document)) == expected


def test_an_unknown_country_or_type_is_refused() -> None:
    assert refusal(lambda: CATALOGUE.find("XX", "CC")) == "country_unsupported"
    assert refusal(lambda: CATALOGUE.find("CO", "DNI")) == "document_type_unknown"


@pytest.mark.parametrize("document", CATALOGUE.types, ids=lambda document: document.code)
def test_the_example_shown_for_a_document_is_accepted(document: DocumentType) -> None:
    assert document_number(document.example, document)


def test_a_cedula_and_its_holders_nit_are_one_identity() -> None:
    cedula, nit = CATALOGUE.find("CO", "CC"), CATALOGUE.find("CO", "NIT")

    assert identity_of(cedula, "1032456789") == identity_of(nit, "1032456789-7")
    assert identity_of(cedula, "1032456789") != identity_of(
        CATALOGUE.find("CO", "TI"), "1032456789"
    )


def test_a_number_without_a_type_may_belong_to_several_documents() -> None:
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
def test_any_text_can_be_read_as_a_number(raw: str) -> None:
    for identity in CATALOGUE.possible_identities(raw, "CO", None):
        assert identity.number.isascii()
        assert "|" not in identity.number
