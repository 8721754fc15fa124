"""Which submission a person's document and past show, before and after one is activated."""

from uuid import UUID, uuid5

import pytest

from vinculo.contracts import onboarding
from vinculo.contracts import topics as t
from vinculo.query_api.person_document.schema import NO_INSTANT, Person
from vinculo.query_api.person_document.timeline import bson_roundtrip, submission_of
from vinculo.query_api.profile.as_of import (
    PersonHistory,
    decrypt_events,
    only_activated_submission,
    order_events,
)

from ..event_samples import (
    FakeKeyRing,
    InMemoryLog,
    Stream,
    application,
    at,
    base64_envelope,
    person_id,
    record,
)
from ..in_memory_projector import InMemoryProjector, project_person

FIRST, SECOND, THIRD = UUID(int=1), UUID(int=1002), UUID(int=1003)
CONSENT = onboarding.SubmittedConsent(
    purpose="personal_data", text_version="2", text_sha256="1" * 64
)


def started() -> Stream:
    whole = application(1)
    return Stream(
        t.ONBOARDING_APPLICATIONS, whole.stream_id, whole.subject, events=whole.events[:1]
    )


def details(number: int) -> onboarding.PersonDetails:
    return onboarding.PersonDetails(
        document_number="1000000001",
        given_names=f"Nombre{'abcdef'[number]}",
        surnames="Otro",
        birth_date=at(0).date().replace(year=1980 + number),
        email=f"otra{number}@example.co",
        phone=f"+57300999000{number}",
    )


def submitted(stream: Stream, submission_id: UUID, number: int) -> None:
    stream.add(
        "submission-received.v1",
        onboarding.SubmissionReceived(
            submission_id=submission_id,
            project=f"project-{number}",
            channel="mobile",
            locale="en",
            country="CO",
            document_type="CE",
            consents=(CONSENT,),
            received_at=at(10 * number),
        ),
        minutes=10 * number,
        personal=details(number),
    )


def activated(stream: Stream, submission_id: UUID, number: int) -> None:
    stream.add(
        "email-verified.v2",
        onboarding.EmailVerifiedV2(
            link_id=UUID(int=9),
            submission_id=submission_id,
            project=f"project-{number}",
            channel="mobile",
            locale="en",
            country="CO",
            document_type="CE",
            consents=(CONSENT,),
            verified_at=at(90),
        ),
        minutes=90,
        personal=details(number),
    )


def dropped(stream: Stream, submission_id: UUID, cause: str = "expired") -> None:
    stream.add(
        "submission-dropped.v1",
        onboarding.SubmissionDropped(submission_id=submission_id, cause=cause, dropped_at=at(95)),
        minutes=95,
    )


async def projected(stream: Stream) -> Person:
    return await project_person(stream.events, record(1).events)


async def test_before_an_activation_the_newest_submission_is_shown_and_no_consent_counts() -> None:
    stream = started()
    submitted(stream, SECOND, 2)
    person = await projected(stream)

    assert person["personal"]["email"] == "otra2@example.co"
    assert person["personal"]["name"] == "Nombrec Otro"
    assert (person["project"], person["document_type"]) == ("project-2", "CE")
    assert person["personal_data_acceptance"] == NO_INSTANT


async def test_a_correction_changes_the_address_of_its_submission_alone() -> None:
    stream = started()
    submitted(stream, SECOND, 2)
    stream.add(
        "email-corrected.v1",
        onboarding.EmailCorrected(submission_id=FIRST, corrected_at=at(30)),
        minutes=30,
        personal=onboarding.Contact(contact="corregida@example.co"),
    )
    person = await projected(stream)

    assert person["personal"]["email"] == "otra2@example.co"
    assert person["personal"]["submissions"][str(FIRST)]["email"] == "corregida@example.co"


async def test_of_a_dropped_submission_nothing_is_left_and_the_one_before_is_shown() -> None:
    stream = started()
    submitted(stream, SECOND, 2)
    dropped(stream, SECOND)
    person = await projected(stream)

    assert person["project"] == "default"
    assert person["personal"]["email"] == "Persona1@example.co"
    assert "otra2" not in str(person)


@pytest.mark.parametrize("won", [2, 3])
async def test_an_activation_leaves_what_it_repeats_and_nothing_of_the_others(won: int) -> None:
    stream = started()
    submitted(stream, SECOND, 2)
    submitted(stream, THIRD, 3)
    activated(stream, {2: SECOND, 3: THIRD}[won], won)
    person = await projected(stream)

    assert person["personal"]["email"] == f"otra{won}@example.co"
    assert person["personal"]["name_key"] == f"nombre{'abcdef'[won]} otro"
    assert f"e:otra{won}@example.co" in person["personal"]["tokens"]
    assert not person["personal"].keys() & {"submissions", "employment", "identity_correction"}
    assert person["project"] == f"project-{won}"
    assert person["personal_data_acceptance"] == at(90)
    assert [each["at"] for each in person["application"]["consent_ledger"]] == [at(90)]
    assert f"otra{5 - won}" not in str(person)
    assert "persona1" not in str(person).lower()


async def test_a_submission_after_the_activation_changes_only_the_dispute() -> None:
    stream = started()
    activated(stream, FIRST, 1)
    before = await projected(stream)
    submitted(stream, SECOND, 2)
    stream.add("document-disputed.v1", onboarding.DocumentDisputed(disputed_at=at(96)), minutes=96)
    disputed = await projected(stream)
    stream.add(
        "document-dispute-dismissed.v1",
        onboarding.DocumentDisputeDismissed(
            reason_code="mistake", dismissed_by=UUID(int=1), dismissed_at=at(97)
        ),
        minutes=97,
    )
    dismissed = await projected(stream)

    assert disputed["personal"] == dismissed["personal"] == before["personal"]
    assert disputed["project"] == "project-1"
    assert disputed["application"]["disputed_at"] == at(96)
    assert "disputed_at" not in dismissed["application"]
    assert (disputed["concerns"], dismissed["concerns"]) == (["disputed"], [])


async def test_a_dispute_ends_when_the_document_moves_to_its_claimant() -> None:
    stream = started()
    activated(stream, FIRST, 1)
    stream.add("document-disputed.v1", onboarding.DocumentDisputed(disputed_at=at(96)), minutes=96)
    stream.add(
        "reservation-moved.v1",
        onboarding.ReservationMoved(
            claim_id=UUID(int=1),
            from_person_id=stream.subject,
            to_person_id=UUID(int=2),
            moved_at=at(97),
        ),
        minutes=97,
    )
    moved = await projected(stream)

    assert "disputed_at" not in moved["application"]
    assert moved["concerns"] == []


async def test_a_document_with_twenty_open_submissions_is_contested_until_one_is_activated() -> (
    None
):
    stream = started()
    for number in range(2, 20):
        submitted(stream, UUID(int=1000 + number), 1)
    nearly = await projected(stream)
    submitted(stream, UUID(int=1020), 1)
    contested = await projected(stream)
    activated(stream, UUID(int=1020), 1)
    settled = await projected(stream)

    assert [each["concerns"] for each in (nearly, contested, settled)] == [[], ["contested"], []]


async def test_a_person_without_a_deliverable_submission_is_listed_until_registering_again() -> (
    None
):
    stream = started()
    submitted(stream, SECOND, 2)
    dropped(stream, SECOND, "undeliverable")
    one_left = await projected(stream)
    dropped(stream, FIRST, "undeliverable")
    none_left = await projected(stream)
    submitted(stream, THIRD, 3)
    again = await projected(stream)
    activated(stream, THIRD, 3)
    settled = await projected(stream)

    people = (one_left, none_left, again, settled)
    assert [each["concerns"] for each in people] == [[], ["undeliverable"], [], []]
    assert none_left["kind"] == one_left["kind"]
    assert none_left["personal"]["name"] == ""
    assert "@" not in str(none_left["personal"])
    assert again["personal"]["email"] == "otra3@example.co"


async def test_an_undeliverable_submission_after_the_activation_is_no_concern() -> None:
    stream = started()
    activated(stream, FIRST, 1)
    submitted(stream, SECOND, 2)
    dropped(stream, SECOND, "undeliverable")

    assert (await projected(stream))["concerns"] == []


async def test_submissions_with_destroyed_keys_are_not_shown() -> None:
    stream = started()
    submitted(stream, SECOND, 2)
    projector = InMemoryProjector()
    projector.keys.erased.add(stream.subject)
    await projector.apply(InMemoryLog().append_all(stream.events))
    (person,) = projector.store.people

    assert person.get("personal", {}) == {}
    assert "kind" not in person


async def test_the_past_shows_only_the_activated_submission_even_after_its_key_is_destroyed() -> (
    None
):
    stream = started()
    submitted(stream, SECOND, 2)
    submitted(stream, THIRD, 3)
    activated(stream, SECOND, 2)
    history = await history_with_destroyed_keys(stream)

    past = history.document(len(history.events) - 1)
    assert past["personal"]["email"] == "otra2@example.co"
    assert "otra3" not in str(past)
    assert "persona1" not in str(past).lower()
    assert {submission_of(each.received.payload) for each in history.events} == {
        None,
        FIRST,
        SECOND,
    }


async def history_with_destroyed_keys(stream: Stream) -> PersonHistory:
    """Each submission has a key of its own, and all of those are destroyed."""
    own = uuid5(stream.subject, "submission")

    def sealed(sample: object) -> dict[str, object] | None:
        envelope = base64_envelope(sample)  # type: ignore[arg-type]
        is_activation = sample.type == "email-verified.v2"  # type: ignore[attr-defined]
        return envelope if envelope is None or is_activation else {**envelope, "kid": str(own)}

    keys = FakeKeyRing()
    keys.erased.add(own)
    projector = InMemoryProjector()
    log = InMemoryLog(encrypt=sealed)
    await projector.apply(log.append_all([*stream.events, *record(1).events]))
    entries = [bson_roundtrip(entry) for entry in projector.store.timeline.values()]
    events = await decrypt_events(keys, order_events(entries))
    return PersonHistory(person_id=person_id(1), events=only_activated_submission(events))
