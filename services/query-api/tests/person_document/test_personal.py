"""Personal data after changes: the new value everywhere, the old one nowhere."""

from dataclasses import replace
from uuid import UUID

from vinculo.contracts import onboarding

from ..event_samples import (
    EventSample,
    InMemoryLog,
    Stream,
    at,
    changed_application,
    record,
)
from ..in_memory_projector import InMemoryProjector, project_person


def up_to(stream: Stream, type_: str) -> Stream:
    """The stream up to the first event of this type."""
    last = next(n for n, sample in enumerate(stream.events) if sample.type == type_)
    return Stream(stream.topic, stream.stream_id, stream.subject, events=stream.events[: last + 1])


async def test_a_corrected_address_replaces_the_mistyped_one() -> None:
    person = await project_person(up_to(changed_application(1), "email-corrected.v1").events)

    assert person["personal"]["email"] == "Corregida1@example.co"
    assert person["personal"]["email_key"] == "corregida1@example.co"
    assert "e:corregida1@example.co" in person["personal"]["tokens"]
    assert "persona1" not in str(person).lower()


async def test_changed_contacts_are_found_and_the_old_ones_are_not() -> None:
    person = await project_person(changed_application(1).events, record(1).events)

    assert person["personal"]["email"] == "Nueva1@example.co"
    assert person["personal"]["phone"] == "+573100000001"
    tokens = person["personal"]["tokens"]
    assert {"e:nueva1@example.co", "p:573100000001", "p:3100000001"} <= set(tokens)
    assert not [token for token in tokens if "corregida" in token or "300000" in token]
    assert person["application"]["email_verified_at"] == at(1 + 22)
    assert person["application"]["phone_verified_at"] == at(1 + 23)


async def test_a_corrected_identity_is_in_columns_and_tokens() -> None:
    person = await project_person(changed_application(1).events, record(1).events)

    personal = person["personal"]
    assert (personal["name"], personal["name_key"]) == (
        "María Inés Ñungo Páez",
        "maria ines n~ungo paez",
    )
    assert (personal["document_number"], personal["birth_date"]) == ("2000000001", "1991-02-28")
    assert person["document_type"] == "CE"
    assert {"n:nungopaez", "d:2000000001"} <= set(personal["tokens"])
    former = ("n:nunez", "n:jose", "d:1000000001")
    assert [token for token in personal["tokens"] if token.startswith(former)] == []


async def test_a_person_with_one_name_is_listed_by_it() -> None:
    *before, corrected = up_to(changed_application(1), "identity-corrected.v1").events
    assert corrected.personal is not None
    single = {**corrected.personal, "given_names": "Suharto", "surnames": ""}
    person = await project_person([*before, replace(corrected, personal=single)])

    assert (person["personal"]["name"], person["personal"]["name_key"]) == ("Suharto", "suharto")
    assert [each for each in person["personal"]["tokens"] if each.startswith("n:")] == ["n:suharto"]


async def test_a_requested_correction_is_open_until_it_is_decided() -> None:
    requested = up_to(changed_application(1), "identity-correction-requested.v1")
    person = await project_person(requested.events)

    assert person["application"]["identity_correction"]["document_type"] == "CE"
    assert person["personal"]["identity_correction"]["surnames"] == "Ñungo Páez"
    assert person["personal"]["surnames"] != "Ñungo Páez"


async def test_a_refused_correction_is_removed_and_changes_nothing() -> None:
    refused = up_to(changed_application(1), "identity-correction-refused.v1")
    person = await project_person(refused.events)

    assert "identity_correction" not in person["application"]
    assert "identity_correction" not in person["personal"]
    assert person["personal"]["surnames"] == "Ñungo Páez"


async def test_a_refusal_without_a_note_ends_the_correction_too() -> None:
    requested = up_to(changed_application(1), "identity-correction-requested.v1")
    requested.add(
        "identity-correction-refused.v1",
        onboarding.IdentityCorrectionRefused(
            correction_id=UUID(int=33),
            reason_code="other",
            refused_by=UUID(int=1),
            refused_at=at(9),
        ),
        minutes=9,
    )
    person = await project_person(requested.events)

    assert "identity_correction" not in person["personal"]


async def test_a_malformed_personal_part_is_dead_lettered_and_changes_nothing() -> None:
    projector = InMemoryProjector()
    log = InMemoryLog()
    events = changed_application(1).events
    await projector.apply(log.append_all(events[:-1]))
    (before,) = projector.store.people
    await projector.apply([log.append(_malformed(events[-1]))])

    assert len(projector.dead_letters.letters) == 1
    assert projector.store.people == [before]


def _malformed(sample: EventSample) -> EventSample:
    return replace(sample, personal={"position": "Docente"})
