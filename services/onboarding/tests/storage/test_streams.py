"""Stored and published events are what the contracts promise, and stay readable."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.contracts import EVENTS, topics
from vinculo.contracts.document_claims import ClaimantDetails as PublishedClaimant
from vinculo.contracts.onboarding import EmploymentDetails as PublishedEmployment
from vinculo.contracts.onboarding import PersonDetails as PublishedPerson
from vinculo.events.meta import Meta
from vinculo.eventstore import Codec, StoredEvent
from vinculo.eventstore.testing import (
    assert_every_event_is_stored,
    assert_samples_load,
    stored_sample,
)
from vinculo.messaging import serialized
from vinculo.onboarding.domain.activation_decisions import ActivateSubmission
from vinculo.onboarding.domain.application import (
    ApplicationAbandoned,
    ApplicationEvent,
    ApplicationLapsed,
    DocumentDisputed,
    DocumentDisputeDismissed,
    ReservationMoved,
    ReservationReceived,
    ReservationTakenOver,
)
from vinculo.onboarding.domain.application_decisions import APPLICATION
from vinculo.onboarding.domain.document_claim import DocumentClaimEvent
from vinculo.onboarding.domain.payer import PayerEvent
from vinculo.onboarding.domain.revocation import RevocationEvent
from vinculo.onboarding.domain.staff import StaffEvent
from vinculo.onboarding.domain.submission import (
    EmailVerifiedV2,
    SubmissionDrop,
    SubmissionDropped,
)
from vinculo.onboarding.storage.streams import (
    APPLICATION_EVENTS,
    CLAIM_EVENTS,
    PAYER_EVENTS,
    PUBLISHED_TOPICS,
    REVOCATION_EVENTS,
    REVOCATIONS,
    STAFF_EVENTS,
    STAFF_MEMBERS,
    application_category,
    claim_category,
    onboarding_records,
    payer_category,
)

from ..account_samples import ACCOUNT_EVENTS
from ..application_samples import (
    ACTIVATED,
    COMPLETED,
    CONSENTED,
    DECLARED,
    ERASED,
    LINK_ISSUED,
    NOW,
    PERSON,
    PROVIDED,
    RECEIVED,
    REPEATED,
    STARTED,
    VERIFIED,
)
from ..domain.test_document_claim import EXPIRED, GRANTED, OPENED, REFUSED

EXAMPLES = Path(__file__).parents[4] / "contracts" / "examples"

LAPSED = ApplicationLapsed(lapsed_at=NOW)

TAKEN_OVER = ReservationTakenOver(taken_over_at=NOW)

DROPPED = SubmissionDropped(
    submission_id=UUID(int=2), cause=SubmissionDrop.NOT_ACTIVATED, dropped_at=NOW
)

ABANDONED = ApplicationAbandoned(abandoned_at=NOW)

DISPUTED = DocumentDisputed(disputed_at=NOW)

DISMISSED = DocumentDisputeDismissed(
    reason_code="mistake", dismissed_by=UUID(int=7), dismissed_at=NOW
)

SAMPLES = Path(__file__).parents[1] / "samples"

MOVED = ReservationMoved(
    claim_id=UUID(int=3), from_person_id=UUID(int=4), to_person_id=UUID(int=5), moved_at=NOW
)

DOCUMENT_RECEIVED = ReservationReceived(
    claim_id=UUID(int=3), from_person_id=UUID(int=4), received_at=NOW
)

CODECS = {
    topics.ONBOARDING_APPLICATIONS: application_category().codec,
    topics.ONBOARDING_DOCUMENT_CLAIMS: claim_category().codec,
    topics.ONBOARDING_PAYERS: payer_category().codec,
    topics.ACCESS_REVOCATIONS: REVOCATIONS.codec,
    topics.ONBOARDING_STAFF: STAFF_MEMBERS.codec,
}

OF_THE_REGISTRY = {"roles-revoked.v1"}
"""Types of `access.revocations` that onboarding does not write."""

GOLDEN = sorted(
    path
    for topic in CODECS
    for path in (EXAMPLES / topic).glob("*.json")
    if json.loads(path.read_text())["headers"]["ce_source"].startswith("/onboarding/")
)

WRITTEN = [
    STARTED,
    CONSENTED,
    LINK_ISSUED,
    REPEATED,
    VERIFIED,
    DECLARED,
    PROVIDED,
    COMPLETED,
    ERASED,
    *ACCOUNT_EVENTS,
    LAPSED,
    TAKEN_OVER,
    RECEIVED,
    DROPPED,
    ACTIVATED,
    ABANDONED,
    DISPUTED,
    DISMISSED,
    MOVED,
    DOCUMENT_RECEIVED,
]

WRITTEN_OF_CLAIMS = [OPENED, GRANTED, REFUSED, EXPIRED]


def stored_from(example: dict[str, Any]) -> StoredEvent:
    headers, value = example["headers"], dict(example["value"])
    personal = value.pop("personal", None)
    causation_id = headers.get("ce_causationid")
    return StoredEvent(
        event_id=UUID(headers["ce_id"]),
        stream_id=headers["ce_streamid"],
        subject=UUID(headers["ce_subject"]),
        version=int(headers["ce_streamversion"]),
        type=headers["ce_type"].split(".", 2)[2],
        data=value,
        personal=personal,
        meta=Meta(
            correlation_id=headers.get("ce_correlationid"),
            causation_id=UUID(causation_id) if causation_id else None,
            traceparent=headers.get("traceparent"),
        ),
        recorded_at=datetime.fromisoformat(headers["ce_time"]),
    )


def test_every_stored_event_type_still_loads() -> None:
    stored = {
        **APPLICATION_EVENTS,
        **CLAIM_EVENTS,
        **PAYER_EVENTS,
        **REVOCATION_EVENTS,
        **STAFF_EVENTS,
    }
    assert_samples_load(Codec(stored), SAMPLES)


def test_every_event_has_a_contract_and_a_topic() -> None:
    for topic, codec in CODECS.items():
        assert codec.types == EVENTS[topic].keys() - OF_THE_REGISTRY
    assert set(PUBLISHED_TOPICS.values()) == set(CODECS)


def test_every_event_of_the_domain_has_a_stored_type() -> None:
    assert_every_event_is_stored(application_category().codec, ApplicationEvent)
    assert_every_event_is_stored(claim_category().codec, DocumentClaimEvent)
    assert_every_event_is_stored(payer_category().codec, PayerEvent)
    assert_every_event_is_stored(REVOCATIONS.codec, RevocationEvent)
    assert_every_event_is_stored(STAFF_MEMBERS.codec, StaffEvent)


def test_every_event_has_a_golden_example() -> None:
    names = {path.name.removesuffix(".json") for path in GOLDEN}

    stored = APPLICATION_EVENTS.keys() | CLAIM_EVENTS.keys() | PAYER_EVENTS.keys()
    assert names == stored | STAFF_EVENTS.keys() | {"session-ended.v1"}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name.removesuffix(".json"))
def test_onboarding_publishes_the_golden_examples(path: Path) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    stored = stored_from(example)
    codec = CODECS[path.parent.name]
    event = codec.decode(stored)
    if "opened" in example:
        event = codec.with_personal(event, example["opened"])
    record = onboarding_records("")(serialized(stored))

    encoded = codec.encode(event)
    assert (encoded.type, encoded.data) == (stored.type, stored.data)
    assert encoded.personal == example.get("opened")
    assert record.topic == path.parent.name
    assert record.key.decode() == example["key"]
    assert json.loads(record.value) == example["value"]
    assert {name: value.decode() for name, value in record.headers} == example["headers"]


@pytest.mark.parametrize(
    "event", [*WRITTEN, *WRITTEN_OF_CLAIMS], ids=lambda each: type(each).__name__
)
def test_an_event_has_exactly_its_contracts_fields_and_is_restored(event: Any) -> None:
    is_of_claim = event in WRITTEN_OF_CLAIMS
    topic = topics.ONBOARDING_DOCUMENT_CLAIMS if is_of_claim else topics.ONBOARDING_APPLICATIONS
    codec = CODECS[topic]
    encoded = codec.encode(event)
    model = EVENTS[topic][encoded.type]

    model.model_validate(encoded.data)
    assert model.model_fields.keys() - {"personal"} == encoded.data.keys()
    back = codec.decode(stored_sample(encoded.type, encoded.data, encoded.personal))
    if encoded.personal is not None:
        back = codec.with_personal(back, encoded.personal)
    assert back == event


def test_the_personal_parts_have_exactly_their_contracts_fields() -> None:
    codec = CODECS[topics.ONBOARDING_APPLICATIONS]
    for event, model in (
        (STARTED, PublishedPerson),
        (DECLARED, PublishedEmployment),
        (OPENED, PublishedClaimant),
    ):
        used = claim_category().codec if event is OPENED else codec
        personal = used.encode(event).personal
        assert personal is not None
        assert model.model_validate(personal).model_dump(mode="json") == {
            name: value for name, value in personal.items() if name != "v"
        }


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_name_is_restored_from_storage(given_names: str, surnames: str) -> None:
    codec = CODECS[topics.ONBOARDING_APPLICATIONS]
    encoded = codec.encode(STARTED)
    assert encoded.personal is not None
    changed = {**encoded.personal, "given_names": given_names, "surnames": surnames}
    back = codec.with_personal(
        codec.decode(stored_sample(encoded.type, encoded.data, changed)), changed
    )

    assert codec.encode(back).personal == changed


def test_every_event_has_a_stored_name() -> None:
    named = set(APPLICATION_EVENTS.values())

    assert named == {*get_args(ApplicationEvent)}


def test_the_frozen_stream_of_an_earlier_version_is_activated() -> None:
    """Its events are stored samples, so their first link and consent name no submission."""
    codec = CODECS[topics.ONBOARDING_APPLICATIONS]
    types = ("application-started.v1", "consent-given.v1", "activation-link-issued.v1")
    samples = [json.loads((SAMPLES / f"{each}.json").read_text("utf-8")) for each in types]
    history = [
        codec.decode(stored_sample(type_, sample["data"], sample.get("personal")))
        for type_, sample in zip(types, samples, strict=True)
    ]
    (started, consented, issued) = history
    command = ActivateSubmission(
        submission_id=started.registration_id,
        link_id=issued.link_id,
        person=PERSON,
        now=issued.issued_at,
    )

    (activated,) = APPLICATION.decide(command, APPLICATION.fold(history))

    assert isinstance(activated, EmailVerifiedV2)
    assert [consent.purpose for consent in activated.consents] == [consented.purpose]
    assert (activated.project, activated.country) == (started.project, started.country)
