"""Every event type has a sentence in every language, with unencrypted facts only."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.contracts import EVENTS, topics
from vinculo.query_api.profile.event_descriptions import (
    EVENT,
    Category,
    category_of,
    describe_event,
    money,
)
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.query_api.texts import catalogue
from vinculo.translation import Language

LANGUAGES = catalogue().languages
DERIVED_FROM = {
    "principal": {"principal_cents", "currency"},
    "outstanding": {"outstanding_cents", "currency"},
    "requested": {"requested_cents", "currency"},
    "limit": {"limit_cents", "currency"},
    "requirements": {"results"},
    "requirements_met": {"results"},
    "stage_shown": {"stage", "stage_name"},
}
"""The facts of which the text of a placeholder is made, where it is not a fact itself."""
EVENT_TYPES = [(topic, event_type) for topic in EVENT_SOURCES for event_type in EVENTS[topic]]
APPLICATIONS = topics.ONBOARDING_APPLICATIONS


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("topic", "event_type"), EVENT_TYPES)
def test_every_event_type_has_a_sentence_of_unencrypted_facts(
    topic: str, event_type: str, language: Language
) -> None:
    sentence = catalogue().messages[language][f"{EVENT}/{topic}", event_type]
    facts = set(EVENTS[topic][event_type].model_fields) - {"personal"}

    assert sentence
    for name in placeholders(sentence):
        assert DERIVED_FROM.get(name, {name}) <= facts


def test_no_sentence_is_unused() -> None:
    sentences = {
        (context.removeprefix(f"{EVENT}/"), key)
        for messages in catalogue().messages.values()
        for context, key in messages
        if context.startswith(f"{EVENT}/")
    }

    assert sentences == set(EVENT_TYPES)


def test_codes_are_described_by_labels_of_the_language() -> None:
    facts = {"kind": "payslip", "reason_code": "illegible"}
    sentences = {
        language: describe_event(topics.DOCUMENTS_DOSSIERS, "document-rejected.v1", facts, language)
        for language in ("es", "en")
    }

    assert sentences == {
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
def test_money_is_formatted_by_language(cents: int | None, language: Language, text: str) -> None:
    assert money(cents, "COP", language) == text


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data(), language=st.sampled_from(LANGUAGES))
def test_any_external_fact_gives_a_short_sentence(data: st.DataObject, language: Language) -> None:
    topic, event_type = data.draw(st.sampled_from(EVENT_TYPES))
    names = list(EVENTS[topic][event_type].model_fields)
    facts: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(names), anything))

    assert 0 < len(describe_event(topic, event_type, facts, language)) < 600
