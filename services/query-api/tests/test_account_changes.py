"""What people change about themselves: the new value everywhere, the old one nowhere."""

from dataclasses import replace
from uuid import UUID

from vinculo.contracts import onboarding
from vinculo.query_api.person_document.application import MAX_LEDGER_ENTRIES
from vinculo.query_api.person_document.schema import NO_INSTANT

from .folded import Bench, person_of
from .told_events import (
    TYPED_IN,
    Log,
    Stream,
    Told,
    application,
    at,
    changed_application,
    credit_application,
    record,
)


def up_to(stream: Stream, type_: str) -> Stream:
    """The stream with nothing after the first event of this type."""
    last = next(n for n, told in enumerate(stream.told) if told.type == type_)
    return Stream(stream.topic, stream.stream_id, stream.subject, told=stream.told[: last + 1])


async def test_a_corrected_address_takes_the_place_of_the_mistyped_one() -> None:
    person = await person_of(up_to(changed_application(1), "email-corrected.v1").told)

    assert person["personal"]["email"] == "Corregida1@example.co"
    assert person["personal"]["email_key"] == "corregida1@example.co"
    assert "e:corregida1@example.co" in person["personal"]["tokens"]
    assert "persona1" not in str(person).lower()


async def test_changed_contacts_are_found_and_the_old_ones_are_not() -> None:
    person = await person_of(changed_application(1).told, record(1).told)

    assert person["personal"]["email"] == "Nueva1@example.co"
    assert person["personal"]["phone"] == "+573100000001"
    tokens = person["personal"]["tokens"]
    assert {"e:nueva1@example.co", "p:573100000001", "p:3100000001"} <= set(tokens)
    assert not [token for token in tokens if "corregida" in token or "300000" in token]
    assert person["application"]["email_verified_at"] == at(1 + 22)
    assert person["application"]["phone_verified_at"] == at(1 + 23)


async def test_a_corrected_identity_is_shown_sorted_by_and_searched() -> None:
    person = await person_of(changed_application(1).told, record(1).told)

    personal = person["personal"]
    assert (personal["name"], personal["name_key"]) == (
        "María Inés Ñungo Páez",
        "maria ines nungo paez",
    )
    assert (personal["document_number"], personal["birth_date"]) == ("2000000001", "1991-02-28")
    assert person["document_type"] == "CE"
    assert {"n:nungo", "d:2000000001"} <= set(personal["tokens"])
    assert not {"n:nunez", "n:jose", "d:1000000001"} & set(personal["tokens"])


async def test_a_correction_asked_for_is_open_until_it_is_decided() -> None:
    asked = up_to(changed_application(1), "identity-correction-requested.v1")
    person = await person_of(asked.told)

    assert person["application"]["identity_correction"]["document_type"] == "CE"
    assert person["personal"]["identity_correction"]["surnames"] == "Ñungo Páez"
    assert person["personal"]["surnames"] != "Ñungo Páez"


async def test_a_refused_correction_is_gone_and_changes_nothing() -> None:
    refused = up_to(changed_application(1), "identity-correction-refused.v1")
    person = await person_of(refused.told)

    assert "identity_correction" not in person["application"]
    assert "identity_correction" not in person["personal"]
    assert person["personal"]["surnames"] == "Ñungo Páez"


async def test_a_refusal_without_a_note_ends_the_correction_too() -> None:
    asked = up_to(changed_application(1), "identity-correction-requested.v1")
    asked.tell(
        "identity-correction-refused.v1",
        onboarding.IdentityCorrectionRefused(
            correction_id=UUID(int=33),
            reason_code="other",
            refused_by=UUID(int=1),
            refused_at=at(9),
        ),
        minutes=9,
    )
    person = await person_of(asked.told)

    assert "identity_correction" not in person["personal"]


async def test_a_withdrawn_consent_is_in_force_no_more_but_in_the_ledger() -> None:
    person = await person_of(changed_application(1).told, record(1).told)

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


async def test_a_consent_given_again_is_in_force_since_then() -> None:
    stream = changed_application(1)
    given = next(told for told in application(1).told if told.type == "consent-given.v1")
    again = {**given.facts, "purpose": "marketing", "given_at": at(40).isoformat()}
    stream.told.append(_next(stream, given.type, again))
    person = await person_of(stream.told, record(1).told)

    assert person["commercial_approval"] == at(40)


async def test_the_ledger_in_a_document_does_not_grow_for_ever() -> None:
    stream = application(1)
    given = next(told for told in stream.told if told.type == "consent-given.v1")
    for _ in range(MAX_LEDGER_ENTRIES + 5):
        stream.told.append(_next(stream, given.type, given.facts))
    person = await person_of(stream.told)

    assert len(person["application"]["consent_ledger"]) == MAX_LEDGER_ENTRIES


def _next(stream: Stream, type_: str, facts: dict[str, object]) -> Told:
    return Told(
        topic=stream.topic,
        stream_id=stream.stream_id,
        version=len(stream.told) + 1,
        type=type_,
        subject=stream.subject,
        facts=facts,
    )


async def test_the_latest_employment_stands_with_what_could_be_deducted() -> None:
    person = await person_of(changed_application(1).told, record(1).told)

    assert person["payer_id"] == TYPED_IN
    assert person["application"]["employment"]["declared_at"] == at(1 + 26)
    assert person["personal"]["employment"]["indicative_capacity_cents"] == 125_000_000
    assert person["personal"]["employment"]["deductions"] == []


async def test_what_is_sealed_and_not_as_promised_is_set_aside_and_changes_nothing() -> None:
    bench = Bench()
    log = Log()
    told = changed_application(1).told
    await bench.apply(log.append_all(told[:-1]))
    (before,) = bench.store.people
    await bench.apply([log.append(_broken(told[-1]))])

    assert len(bench.set_aside.letters) == 1
    assert bench.store.people == [before]


def _broken(told: Told) -> Told:
    return replace(told, personal={"position": "Docente"})


async def test_an_application_for_credit_shows_its_latest_report() -> None:
    person = await person_of(
        [
            credit_application(1, version=3, stage="approval", status="approved"),
            credit_application(1, version=2, stage="study"),
        ],
        [credit_application(1, application_id="S-2"), credit_application(1, source="/other")],
    )

    reports = person["credit_applications"].values()
    assert sorted((r["source"], r["application_id"], r["stage"]) for r in reports) == [
        ("/lender/applications", "S-1", "approval"),
        ("/lender/applications", "S-2", "study"),
        ("/other", "S-1", "study"),
    ]
