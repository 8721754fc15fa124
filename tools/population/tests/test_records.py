"""Records equal those that the contracts and services would produce."""

import itertools
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel

from vinculo.contracts import EVENTS, documents, onboarding, parse
from vinculo.messaging import cloud_events
from vinculo.population.records import STREAMLESS_CATEGORIES, TOPICS, RecordSubject
from vinculo.privacy.envelopes import open_envelope

from .generated_people import CIPHER, PEOPLE, RECORDS, all_records, stored, type_of

PERSONAL: dict[str, type[BaseModel]] = {
    "application-started.v1": onboarding.PersonDetails,
    "employment-declared.v1": onboarding.EmploymentDetails,
    "document-rejected.v1": documents.RejectionNote,
}


def test_every_record_equals_its_contract_model() -> None:
    seen = set()
    for record in all_records():
        topic, type_ = record.topic.removeprefix("load-"), type_of(record)
        event = parse(topic, type_, record.value)
        assert event is not None
        value = orjson.loads(record.value)
        value.pop("personal", None)
        assert event.model_dump(mode="json", exclude={"personal"}) == value
        seen.add(type_)

    assert seen >= {"loan-refinanced.v1", "document-rejected.v1", "application-lapsed.v1"}
    assert seen <= set(itertools.chain.from_iterable(EVENTS.values()))


def test_records_equal_those_of_the_services_codec() -> None:
    encoders = {
        category: cloud_events(topic.partition(".")[0], {category: topic}, "load-")
        for category, topic in TOPICS.items()
    }
    for history in PEOPLE[:30]:
        subject = RecordSubject(history.person.id_text, CIPHER)
        for event in history.events:
            if event.category not in STREAMLESS_CATEGORIES and event.personal is None:
                expected = encoders[event.category](stored(history, event))
                assert RECORDS.record(subject, event) == expected


def test_personal_parts_equal_their_contract_models_after_decryption() -> None:
    sealed = [r for r in all_records() if b'"personal":{' in r.value]
    for record in sealed:
        headers = dict(record.headers)
        plain = open_envelope(
            CIPHER,
            UUID(headers["ce_subject"].decode()),
            UUID(headers["ce_id"].decode()),
            orjson.loads(record.value)["personal"],
        )
        assert plain.pop("v") == 1
        assert PERSONAL[type_of(record)].model_validate(plain).model_dump(mode="json") == plain

    assert len(sealed) > 300


def test_a_personal_part_without_a_key_is_an_error() -> None:
    history = PEOPLE[0]
    with pytest.raises(ValueError, match=r"application-started\.v1 has a personal part"):
        RECORDS.record(RecordSubject(history.person.id_text), history.events[0])
