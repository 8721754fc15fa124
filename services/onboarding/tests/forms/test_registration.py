"""A draft has the errors that a registration of the same fields would have."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.registration import (
    RegistrationBody,
    RegistrationDraft,
    RegistrationDraftBody,
    RegistrationRules,
    read_registration_draft,
    registration_draft_errors,
    validate_registration,
)
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.birth_dates import AgeLimits
from vinculo.values.document_types import read_document_types

from ..service_fixture import registration_body

TODAY = date(2026, 3, 1)

RULES = RegistrationRules(
    projects=frozenset({"default", "express"}),
    consents=read_consent_texts(None),
    documents=read_document_types(None),
    ages={"express": AgeLimits(25, 60)},
)

PERSONAL_DATA = {"purpose": "personal_data", "text_version": "2026-01"}

TRIED: dict[str, list[Any]] = {
    "project": ["default", "express", "unknown"],
    "channel": ["web", "fax"],
    "locale": ["es", "en", "pt"],
    "country": ["CO", "co", "XX", ""],
    "document_type": ["CC", "nit", "TI", "DNI", None],
    "document_number": ["1.032.456.789", "900775310", "1032456789-1", "12", "1" * 400, "\u202e12"],
    "given_names": ["Ana María", "R2D2", "", 7, "Ana\u202e"],
    "surnames": ["Gómez Ruiz", " ", None],
    "single_name": [True, False, "yes"],
    "birth_date": [
        "1990-05-17",
        "2004-01-01",
        "2020-01-01",
        "1940-01-01",
        "31/12/1990",
        "482112000",
        0,
    ],
    "email": ["ana@example.com", "ana@", None],
    "phone": ["300 123 4567", "601 765 4321", "\u202d300 123 4567"],
    "password": ["tres cometas verdes sobre el páramo", "corta", "Ana Maria Gomez Ruiz"],
    "consents": [[PERSONAL_DATA], [], [PERSONAL_DATA] * 2, "all", [{"purpose": "other"}]],
    "admin": [True],
}


def live_errors(body: dict[str, Any]) -> set[tuple[str, str]]:
    draft, misshapen = read_registration_draft(body)
    found = {(str(error["loc"][0]), "misshapen") for error in misshapen}
    return found | {
        (each.field, each.code) for each in registration_draft_errors(draft, RULES, TODAY)
    }


def registration_errors(body: dict[str, Any]) -> set[tuple[str, str]]:
    try:
        validate_registration(RegistrationBody.model_validate(body), RULES, TODAY)
    except ValidationError as invalid:
        return {(str(error["loc"][0]), "misshapen") for error in invalid.errors()}
    except InvalidForm as invalid:
        return {(fault.field, fault.code) for fault in invalid.errors}
    return set()


@settings(max_examples=150)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in TRIED.items()}))
def test_a_whole_draft_has_the_errors_of_the_registration(changes: dict[str, Any]) -> None:
    """A registration applies the rules only once every field is well-formed."""
    body = registration_body(**changes)
    refused = registration_errors(body)

    if any(code == "misshapen" for _, code in refused):
        assert {each for each in live_errors(body) if each[1] == "misshapen"} == refused
    else:
        assert live_errors(body) == refused


@settings(max_examples=150)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in TRIED.items()}))
def test_a_partial_draft_has_errors_of_its_given_fields_only(body: dict[str, Any]) -> None:
    for field, _ in live_errors(body):
        assert field.partition(".")[0] in body


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, set()),
        ({"document_number": "12"}, set()),
        (
            {"document_type": "CC", "document_number": "12"},
            {("document_number", "document_number_malformed")},
        ),
        ({"country": "XX"}, {("country", "country_unsupported")}),
        ({"birth_date": "2003-01-01"}, set()),
        ({"birth_date": "2003-01-01", "project": "express"}, {("birth_date", "under_age")}),
        (
            {
                "password": "gomez ruiz ana maria",
                "surnames": "Gómez Ruiz",
                "given_names": "Ana María",
            },
            {("password", "password_weak")},
        ),
        ({"consents": []}, {("consents", "consent_required")}),
    ],
)
def test_each_field_is_validated_as_far_as_the_others_allow(
    body: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    assert live_errors(body) == faults


def test_a_draft_has_the_fields_of_a_registration_and_requires_none() -> None:
    draft, body = RegistrationDraft.model_fields, RegistrationBody.model_fields

    assert {name: field.annotation for name, field in draft.items()} == {
        name: field.annotation for name, field in body.items()
    }
    assert not any(field.is_required() for field in draft.values())


def test_the_bodys_description_names_the_fields() -> None:
    schema = TypeAdapter(RegistrationDraftBody).json_schema()

    assert set(schema["properties"]) == set(RegistrationDraft.model_fields)


def messages_of(errors: tuple[FieldError, ...]) -> list[str]:
    return [MESSAGES.text(FIELD_ERROR, each.code, "en", **each.values) for each in errors]


def test_a_nit_needs_its_check_digit_which_only_the_live_check_shows() -> None:
    body = registration_body(document_type="NIT", document_number="52916234")

    with pytest.raises(InvalidForm) as refused:
        validate_registration(RegistrationBody.model_validate(body), RULES, TODAY)
    draft, _ = read_registration_draft(body)

    assert registration_errors(body) == {("document_number", "check_digit_missing")}
    assert messages_of(refused.value.errors) == ["Write the check digit behind a hyphen"]
    assert messages_of(registration_draft_errors(draft, RULES, TODAY)) == [
        "Write the check digit behind a hyphen: 52916234-8"
    ]


def test_a_minors_document_is_accepted_only_where_minors_are() -> None:
    body = registration_body(document_type="TI", document_number="1032456789")
    minors = replace(RULES, ages={"default": AgeLimits(14, 60)})

    assert registration_errors(body) == {("document_type", "document_type_for_minors")}
    assert "TI" not in {each.code for each in RULES.offered_documents()}
    assert validate_registration(RegistrationBody.model_validate(body), minors, TODAY)
    assert "TI" in {each.code for each in minors.offered_documents()}


@pytest.mark.parametrize("born", ["482112000", 482112000, "1985-4-12", "19850412", "1985-04-12T00"])
def test_a_date_of_birth_is_written_in_one_way(born: Any) -> None:
    assert registration_errors(registration_body(birth_date=born)) == {("birth_date", "misshapen")}


def test_an_address_is_accepted_if_the_mail_server_can_deliver_to_it() -> None:
    body = registration_body(email="josé.peña.r1@mail.example")
    rules = replace(RULES, smtputf8=True)

    assert registration_errors(body) == {("email", "email_not_ascii")}
    assert validate_registration(RegistrationBody.model_validate(body), rules, TODAY)


def test_one_name_is_enough_for_a_person_who_has_one() -> None:
    body = registration_body(given_names="Suharto", single_name=True, surnames=None)
    person = validate_registration(RegistrationBody.model_validate(body), RULES, TODAY).person

    assert (person.given_names, person.surnames) == ("Suharto", "")
    assert registration_errors(registration_body(surnames=None)) == {("surnames", "required")}
    assert registration_errors(registration_body(surnames="")) == {("surnames", "name_empty")}
    assert registration_errors(registration_body(single_name=True)) == {
        ("surnames", "single_name_has_surnames")
    }
    assert live_errors({"given_names": "Suharto", "single_name": True}) == set()
    assert live_errors({"surnames": "Ruiz", "single_name": True}) == {
        ("surnames", "single_name_has_surnames")
    }


def test_a_pasted_form_is_stored_without_what_pasting_added() -> None:
    body = registration_body(
        document_number="1032456789\u200b",
        given_names="Pe\u200bña",
        birth_date="1990-05-17\u200b",
        email="ana@mail.example\u200b",
        phone="\u202a+57 301 555 0142\u202c",
    )

    person = validate_registration(RegistrationBody.model_validate(body), RULES, TODAY).person

    assert person.document_number == "1032456789"
    assert person.given_names == "Peña"
    assert person.birth_date == date(1990, 5, 17)
    assert person.email == "ana@mail.example"
    assert person.phone == "+573015550142"
