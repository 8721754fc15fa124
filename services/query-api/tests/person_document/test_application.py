"""The section of the application: consents and employment."""

from vinculo.query_api.person_document.application import MAX_LEDGER_ENTRIES
from vinculo.query_api.person_document.schema import NO_INSTANT

from ..event_samples import (
    PROPOSED_PAYER,
    EventSample,
    Stream,
    application,
    at,
    changed_application,
    record,
)
from ..in_memory_projector import project_person


async def test_a_withdrawn_consent_is_in_the_ledger_only() -> None:
    person = await project_person(changed_application(1).events, record(1).events)

    assert set(person["application"]["consents"]) == {"personal_data"}
    assert person["commercial_approval"] == NO_INSTANT
    assert person["personal_data_acceptance"] == at(1)
    assert [
        (entry["purpose"], entry["action"], entry["at"])
        for entry in person["application"]["consent_ledger"]
    ] == [
        ("personal_data", "given", at(1)),
        ("marketing", "given", at(1)),
        ("marketing", "withdrawn", at(21)),
    ]


async def test_a_consent_given_again_is_in_force_from_then_on() -> None:
    stream = changed_application(1)
    given = next(sample for sample in application(1).events if sample.type == "consent-given.v1")
    again = {**given.facts, "purpose": "marketing", "given_at": at(40).isoformat()}
    stream.events.append(_next(stream, given.type, again))
    person = await project_person(stream.events, record(1).events)

    assert person["commercial_approval"] == at(40)


async def test_the_ledger_in_a_document_is_bounded() -> None:
    stream = application(1)
    given = next(sample for sample in stream.events if sample.type == "consent-given.v1")
    for _ in range(MAX_LEDGER_ENTRIES + 5):
        stream.events.append(_next(stream, given.type, given.facts))
    person = await project_person(stream.events)

    assert len(person["application"]["consent_ledger"]) == MAX_LEDGER_ENTRIES


def _next(stream: Stream, type_: str, facts: dict[str, object]) -> EventSample:
    return EventSample(
        topic=stream.topic,
        stream_id=stream.stream_id,
        version=len(stream.events) + 1,
        type=type_,
        subject=stream.subject,
        facts=facts,
    )


async def test_the_latest_employment_replaces_earlier_ones() -> None:
    person = await project_person(changed_application(1).events, record(1).events)

    assert person["payer_id"] == PROPOSED_PAYER
    assert person["application"]["employment"]["declared_at"] == at(1 + 26)
    assert person["personal"]["employment"]["indicative_capacity_cents"] == 125_000_000
    assert person["personal"]["employment"]["deductions"] == []
