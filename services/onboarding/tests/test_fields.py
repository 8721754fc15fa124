"""What people type is made regular, or refused with a code that has a message."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.forms.password_strength import strong_password
from vinculo.onboarding.forms.validation import FormValidator, InvalidForm
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.birth_dates import AgeLimits, adult_birth_date, age_limits
from vinculo.values.contacts import email_address, mobile_number, phone_number
from vinculo.values.document_types import read_document_types
from vinculo.values.identity_documents import DocumentType, Identity, document_number, identity_of
from vinculo.values.invalid_value import InvalidValue
from vinculo.values.names import normalized_words, person_name, short_text
from vinculo.values.tax_ids import tax_id

TODAY = date(2026, 3, 1)
CATALOGUE = read_document_types(None)
OWN_WORDS = ["Ana María", "Gómez Ruiz", "ana.gomez", "1032456789", "1990-05-17"]


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
def test_a_number_that_cannot_be_of_its_type_is_refused(code: str, raw: str, expected: str) -> None:
    document = CATALOGUE.find("CO", code)

    assert refusal(lambda: document_number(raw, document)) == expected


def test_a_country_or_type_nobody_offers_is_refused() -> None:
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


def test_a_number_without_its_type_may_be_of_several_documents() -> None:
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
def test_no_text_breaks_the_reading_of_a_number(raw: str) -> None:
    for identity in CATALOGUE.possible_identities(raw, "CO", None):
        assert identity.number.isascii()
        assert "|" not in identity.number


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "José Ñáñez",
        "Gómez de la Peña y Ruiz",
        "M.ª Ángeles",
        "D'Angelo",
        "O’Brien",  # noqa: RUF001 - the apostrophe people type
        "María-José",
        "de la Cruz",
        "Łukasz",
        "李",
        "अनिता",
    ],
)
def test_names_are_taken_as_people_write_them(name: str) -> None:
    assert person_name(f"  {name} ") == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_empty"),
        ("   ", "name_empty"),
        ("--", "name_malformed"),
        ("R2D2", "name_malformed"),
        ("<b>Ana</b>", "name_malformed"),
        ("Ana\u202e", "name_malformed"),
        ("\u200fAna", "name_malformed"),
        ("\u2066Ana\u2069", "name_malformed"),
        ("Ana\x07", "name_malformed"),
        ("Ana\x7f", "name_malformed"),
        ("Ana\u0085\u200b", "name_malformed"),
        ("Ana²", "name_malformed"),
        ("Ana😀", "name_malformed"),
        ("Ana, María", "name_malformed"),
        ("A" * 101, "name_too_long"),
    ],
)
def test_what_is_no_name_is_refused(name: str, code: str) -> None:
    assert refusal(lambda: person_name(name)) == code


def test_spaces_within_are_made_one() -> None:
    assert person_name("Ana \t  María") == "Ana María"
    assert short_text(" Auxiliar\n contable ") == "Auxiliar contable"


def test_unreadable_characters_are_refused_in_texts() -> None:
    assert refusal(lambda: short_text("a\u200eb")) == "text_malformed"
    assert refusal(lambda: short_text(" ")) == "text_empty"


def test_words_are_folded_for_searching() -> None:
    assert normalized_words("Alcaldía de TUNJA (Boyacá)") == ["alcaldia", "de", "tunja", "boyaca"]


@pytest.mark.parametrize(
    ("born", "code"),
    [
        (date(2026, 3, 2), "birth_date_in_future"),
        (date(2008, 3, 2), "under_age"),
        (date(1905, 1, 1), "birth_date_implausible"),
    ],
)
def test_who_cannot_borrow_is_refused_by_birth_date(born: date, code: str) -> None:
    assert refusal(lambda: adult_birth_date(born, TODAY)) == code


def test_one_is_of_age_on_the_eighteenth_birthday() -> None:
    assert adult_birth_date(date(2008, 3, 1), TODAY) == date(2008, 3, 1)
    assert refusal(lambda: adult_birth_date(date(2008, 2, 29), date(2026, 2, 28))) == "under_age"
    assert adult_birth_date(date(2008, 2, 29), TODAY)


def test_a_project_may_take_in_younger_or_older_people_only() -> None:
    narrow = AgeLimits(21, 75)

    assert adult_birth_date(date(2005, 3, 1), TODAY, narrow)
    assert adult_birth_date(date(1950, 3, 2), TODAY, narrow)
    assert refusal(lambda: adult_birth_date(date(2005, 3, 2), TODAY, narrow)) == "under_age"
    assert refusal(lambda: adult_birth_date(date(1950, 3, 1), TODAY, narrow)) == "over_age"


def test_the_message_names_the_projects_own_age() -> None:
    form = FormValidator()
    check = partial(adult_birth_date, today=TODAY, limits=AgeLimits(21, 75))
    form.validate("birth_date", date(2006, 1, 1), check)
    (fault,) = form.errors

    assert (
        MESSAGES.text(FIELD_ERROR, fault.code, "es", **fault.values) == "Debe tener 21 años o más"
    )
    assert (
        MESSAGES.text(FIELD_ERROR, fault.code, "en", **fault.values)
        == "You have to be 21 years old or older"
    )


def test_age_limits_are_configured_by_project() -> None:
    assert age_limits("default:18-75, express:21-60") == {
        "default": AgeLimits(18, 75),
        "express": AgeLimits(21, 60),
    }
    for text in ("", "default", "default:18", "default:75-18", "default:0-9", "a:1-2,a:1-3"):
        with pytest.raises(ValueError, match=r"not like|twice|no ages"):
            age_limits(text)


def test_email_addresses_have_one_form() -> None:
    assert email_address(" ana@EXAMPLE.com ") == "ana@example.com"
    for raw in ("ana", "ana@", "@example.com", "ana@localhost", "a b@example.com", "a@b@c.com"):
        assert refusal(partial(email_address, raw)) == "email_malformed"
    for raw in ("ana\u202e@example.com", "ana\u200f@example.com", "\u2066ana@example.com"):
        assert refusal(partial(email_address, raw)) == "email_malformed"


def test_phones_become_international() -> None:
    assert mobile_number("300 123 4567", "CO") == "+573001234567"
    assert mobile_number("+57 (300) 123-4567", "CO") == "+573001234567"
    assert mobile_number("+34 612 345 678", "CO") == "+34612345678"
    assert phone_number("601 765 4321", "CO") == "+576017654321"


def test_what_cannot_ring_is_refused() -> None:
    assert refusal(lambda: mobile_number("601 765 4321", "CO")) == "phone_not_mobile"
    for raw in (
        "123",
        "abc",
        "",
        "+999 123456",
        "3001234567 ext. 5",
        "\u202d+57 300 123 4567\u202c",
        "300\x07 123 4567",
        "llame al 300 123 4567",
    ):
        assert refusal(partial(mobile_number, raw, "CO")) == "phone_malformed"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("corta", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_weak"),
        ("123456789012345", "password_weak"),
        ("Ana Maria Gomez Ruiz", "password_weak"),
        ("ana.gomez 1032456789", "password_weak"),
        ("GomezRuiz19900517!!", "password_weak"),
    ],
)
def test_a_password_that_is_short_long_or_guessed_is_refused(password: str, code: str) -> None:
    assert refusal(lambda: strong_password(password, OWN_WORDS)) == code


@pytest.mark.parametrize(
    "password",
    ["tres cometas verdes sobre el páramo", "z7$Kq0#pLm9!wXv2", "ñ漢字" + "k9" * 3 + " un río"],
)
def test_long_sentences_and_random_characters_are_taken(password: str) -> None:
    assert strong_password(password, OWN_WORDS) == password


def test_a_password_of_the_greatest_length_is_looked_at_quickly_and_taken() -> None:
    assert strong_password("ocho nubes de papel " * 6 + "vuelan.", OWN_WORDS)


def test_tax_ids_have_one_form() -> None:
    assert tax_id("891.800.846-1") == "891800846-1"
    assert tax_id("8918008461") == "891800846-1"
    assert refusal(lambda: tax_id("891800846-2")) == "check_digit_wrong"
    assert refusal(lambda: tax_id("x")) == "tax_id_malformed"


def test_a_form_tells_all_its_faults_at_once() -> None:
    form = FormValidator()
    form.validate("given_names", "", person_name)
    form.validate("surnames", "Gómez", person_name)
    form.add_error("consents", "consent_required")

    with pytest.raises(InvalidForm) as refused:
        form.raise_if_invalid()
    assert [fault.field for fault in refused.value.errors] == ["given_names", "consents"]
