"""Every event has words in both languages, which name nothing but facts that the event has."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.contracts import EVENTS, topics
from vinculo.contracts.credit import CreditApplicationStatus, LoanStatus
from vinculo.contracts.customer_registry import Kind, Status
from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.query_api.profile.event_descriptions import (
    PHRASES,
    Category,
    category_of,
    describe_event,
    money,
)
from vinculo.query_api.words.codes import (
    CREDIT_APPLICATION_STATUSES,
    KINDS,
    LOAN_STATUSES,
    STATUSES,
)
from vinculo.translation import Language

SPOKEN = COMMON_MESSAGES.languages


MADE = {
    "principal": {"principal_cents", "currency"},
    "outstanding": {"outstanding_cents", "currency"},
    "requested": {"requested_cents", "currency"},
    "requirements": {"results"},
    "requirements_met": {"results"},
    "stage_shown": {"stage", "stage_name"},
}
EVERY_TYPE = [(topic, type_) for topic, models in EVENTS.items() for type_ in models]
APPLICATIONS = topics.ONBOARDING_APPLICATIONS


def named(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("topic", "type_"), EVERY_TYPE)
def test_every_event_type_has_a_phrase_in_both_languages_that_names_clear_facts(
    topic: str, type_: str
) -> None:
    phrase = PHRASES[topic][type_]
    fields = set(EVENTS[topic][type_].model_fields) - {"personal"}

    assert phrase.es
    assert phrase.en
    for text in phrase:
        assert set().union(*(MADE.get(name, {name}) for name in named(text))) <= fields


def test_no_phrase_is_left_over() -> None:
    assert {(topic, type_) for topic, types in PHRASES.items() for type_ in types} == set(
        EVERY_TYPE
    )


def test_every_status_has_words() -> None:
    assert set(STATUSES) == set(Status)
    assert set(KINDS) == set(Kind)
    assert set(LOAN_STATUSES) == set(LoanStatus)
    assert set(CREDIT_APPLICATION_STATUSES) == set(CreditApplicationStatus)


def test_codes_are_said_in_words_of_the_language() -> None:
    facts = {"kind": "payslip", "reason_code": "illegible"}
    said = {
        language: describe_event(topics.DOCUMENTS_DOSSIERS, "document-rejected.v1", facts, language)
        for language in SPOKEN
    }

    assert said == {
        "es": "Se rechazó: desprendible de nómina. Motivo: ilegible",
        "en": "Rejected: payslip. Reason: illegible",
    }


def test_requirements_are_counted() -> None:
    facts = {"results": [{"outcome": "met"}, {"outcome": "failed"}, {"outcome": "missing"}]}

    assert (
        describe_event(topics.CUSTOMER_REGISTRY_CUSTOMERS, "requirements-evaluated.v1", facts, "en")
        == "Requirements evaluated: 1 of 3 met"
    )


def test_an_event_of_a_later_version_is_named_by_its_type() -> None:
    assert describe_event(APPLICATIONS, "account-used.v1", {}, "en") == "Happened: account-used.v1"
    assert category_of(APPLICATIONS, "account-used.v1") is Category.APPLICATION


@pytest.mark.parametrize(
    ("cents", "language", "text"),
    [
        (150_000_000_00, "es", "COP 150.000.000"),
        (150_000_000_00, "en", "COP 150,000,000"),
        (123_456, "es", "COP 1.234,56"),
        (5, "en", "COP 0.05"),
        (None, "es", "—"),
    ],
)
def test_money_is_written_as_the_language_writes_it(
    cents: int | None, language: Language, text: str
) -> None:
    assert money(cents, "COP", language) == text


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(data=st.data(), language=st.sampled_from(SPOKEN))
def test_whatever_outsiders_write_into_a_fact_gives_a_short_sentence(
    data: st.DataObject, language: Language
) -> None:
    topic, type_ = data.draw(st.sampled_from(EVERY_TYPE))
    names = list(EVENTS[topic][type_].model_fields)
    facts: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(names), anything))

    assert 0 < len(describe_event(topic, type_, facts, language)) < 600
