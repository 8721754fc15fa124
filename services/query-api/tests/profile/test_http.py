"""The profile shows what its viewer may see, and every view is audited."""

from collections.abc import AsyncIterator
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx2
import orjson
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Mongo
from vinculo.query_api.person_document.schema import CreditApplicationReport, LoanReport, Person
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..query_service import (
    BEGINNING,
    PAYERS,
    REFUSED,
    make_generation,
    make_people,
    query_service,
    token,
)

pytestmark = pytest.mark.servers

LOAN: LoanReport = {
    "version": 1,
    "source": "/credit/core",
    "loan_id": "L-1",
    "status": "active",
    "active": True,
    "currency": "COP",
    "principal_cents": 5_000_000_00,
    "outstanding_cents": 4_000_000_00,
    "disbursed_at": BEGINNING,
    "closed_at": None,
    "replaced_by_loan_id": None,
    "reported_at": BEGINNING,
}

APPLICATION: CreditApplicationReport = {
    "version": 1,
    "source": "/credit/core",
    "application_id": "S-1",
    "line": "libranza",
    "stage": "study",
    "stage_name": "Estudio",
    "status": "open",
    "currency": "COP",
    "requested_cents": 5_000_000_00,
    "approved_cents": None,
    "submitted_at": BEGINNING,
    "stage_since": BEGINNING,
    "reported_at": BEGINNING,
    "stages": [],
}


def customer() -> Person:
    person = next(p for p in make_people(50) if p["kind"] == "customer")
    person["payer_id"] = next(iter(PAYERS))
    person["application"]["employment"] = {
        "payer_id": person["payer_id"],
        "contract_type": "indefinite",
        "currency": "COP",
        "declared_at": BEGINNING,
    }
    person["personal"]["employment"] = {
        "position": "Docente",
        "net_monthly_salary_cents": 3_500_000_00,
        "deductions": [],
        "indicative_capacity_cents": 1_000_000_00,
        "payer_contact": {"name": "Talento humano", "phone": None, "email": None},
    }
    person["loans"] = {"a": copy(LOAN)}
    person["active_loans"] = 1
    return person


PERSON = customer()
ERASED: Person = {"_id": UUID(int=66), "revision": 9, "erased_at": BEGINNING}


@pytest_asyncio.fixture
async def service(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo]]:
    async with query_service(mongo_url("query"), bucket("exports")) as made:
        await make_generation(made[1], [PERSON, ERASED])
        yield made


async def profile(client: httpx2.AsyncClient, role: Role) -> dict[str, Any]:
    response = await client.get(f"/query/v1/people/{PERSON['_id']}", headers=token(role))
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_an_operator_sees_the_whole_profile(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    shown = await profile(service[0], Role.OPERATOR)

    assert shown["credit_overview"]["outstanding_cents"] == {"COP": 4_000_000_00}
    assert shown["customer_details"]["personal"]["name"] == PERSON["personal"]["name"]
    assert shown["customer_details"]["employment"]["payer"] == "Pagaduría 0"
    assert shown["customer_details"]["employment"]["net_monthly_salary_cents"] == 3_500_000_00
    assert "refinanced_loans" not in shown


async def test_the_overview_sums_active_loans_and_lists_finished_ones(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    await change(
        mongo,
        {
            "loans.b": {**LOAN, "loan_id": "L-2", "outstanding_cents": 1},
            "loans.c": {**LOAN, "loan_id": "L-3", "status": "closed", "active": False},
            "loans.d": {**LOAN, "loan_id": "L-4", "status": "restructured"},
            "loans.e": {
                **LOAN,
                "loan_id": "L-0",
                "status": "refinanced",
                "replaced_by_loan_id": "L-2",
                "active": False,
            },
            "credit_applications.a": APPLICATION,
            "credit_applications.b": {
                **APPLICATION,
                "application_id": "S-2",
                "status": "rejected",
                "submitted_at": BEGINNING + timedelta(days=1),
            },
        },
    )
    shown = await profile(client, Role.VIEWER)
    overview = shown["credit_overview"]

    assert overview["active_loans"] == 3
    assert overview["principal_cents"] == {"COP": 15_000_000_00}
    assert overview["outstanding_cents"] == {"COP": 8_000_000_01}
    assert [loan["loan_id"] for loan in overview["loans"]] == ["L-1", "L-2", "L-4"]
    assert [loan["loan_id"] for loan in shown["refinanced_loans"]] == ["L-0"]
    assert [loan["loan_id"] for loan in overview["finished_loans"]] == ["L-3"]
    assert [(a["application_id"], a["stage"]) for a in overview["applications"]] == [
        ("S-2", "study"),
        ("S-1", "study"),
    ]
    assert overview["open_applications"] == 1


@pytest.mark.parametrize(
    ("status", "open_applications"),
    [("open", 1), ("approved", 1), ("rejected", 0), ("withdrawn", 0), ("disbursed", 0)],
)
async def test_an_application_is_open_until_it_is_closed(
    service: tuple[httpx2.AsyncClient, Mongo], status: str, open_applications: int
) -> None:
    client, mongo = service
    await change(mongo, {"credit_applications.a": {**APPLICATION, "status": status}})
    overview = (await profile(client, Role.VIEWER))["credit_overview"]

    assert overview["open_applications"] == open_applications
    assert [each["status"] for each in overview["applications"]] == [status]


@pytest.mark.parametrize(("age", "stale"), [(179, False), (181, True)])
async def test_old_evidence_of_income_is_marked_stale(
    service: tuple[httpx2.AsyncClient, Mongo], age: int, *, stale: bool
) -> None:
    client, mongo = service
    declared_at = datetime.now(UTC) - timedelta(days=age, minutes=1)
    await change(mongo, {"application.employment.declared_at": declared_at})
    employment = (await profile(client, Role.VIEWER))["customer_details"]["employment"]

    assert (employment["age_days"], employment["is_stale"]) == (age, stale)


async def test_a_refused_duplicate_is_shown_by_the_surviving_payers_name(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    await change(mongo, {"payer_id": REFUSED, "application.employment.payer_id": REFUSED})
    shown = await profile(client, Role.VIEWER)

    assert shown["customer_details"]["employment"]["payer"] == "Pagaduría 0"


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        ({"state": "active"}, "active", None),
        (
            {"state": "suspended", "suspended_reason_code": "does_not_pay"},
            "suspended",
            "does_not_pay",
        ),
        ({"state": "refused", "refused_reason_code": "not_a_payer"}, "refused", "not_a_payer"),
    ],
)
async def test_the_payer_is_shown_with_its_current_state(
    service: tuple[httpx2.AsyncClient, Mongo],
    facts: dict[str, str],
    state: str,
    reason: str | None,
) -> None:
    client, mongo = service
    payers = collection_names(await active_generation(mongo.database)).payers
    await mongo.database[payers].update_one({"_id": PERSON["payer_id"]}, {"$set": facts})
    employment = (await profile(client, Role.VIEWER))["customer_details"]["employment"]

    assert (employment["payer_state"], employment["payer_reason_code"]) == (state, reason)


async def test_an_open_correction_is_shown_with_the_requested_identity(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    assert (await profile(client, Role.VIEWER))["customer_details"]["identity_correction"] is None
    await change(
        mongo,
        {
            "application.identity_correction": {
                "correction_id": UUID(int=33),
                "country": "CO",
                "document_type": "CE",
                "requested_at": BEGINNING,
            },
            "personal.identity_correction": {
                "given_names": "María Inés",
                "surnames": "Ñungo",
                "document_number": "2000000000",
                "birth_date": "1991-02-28",
            },
        },
    )
    correction = (await profile(client, Role.VIEWER))["customer_details"]["identity_correction"]

    assert (correction["document_type"], correction["surnames"]) == ("CE", "Ñungo")


async def test_consents_are_shown_with_their_ledger(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    entry = {"purpose": "marketing", "action": "withdrawn", "channel": "web", "at": BEGINNING}
    await change(
        mongo,
        {
            "application.activated_at": BEGINNING,
            "application.consents": {},
            "application.consent_ledger": [entry],
        },
    )
    details = (await profile(client, Role.VIEWER))["customer_details"]

    assert details["consents"] == {}
    assert details["consent_ledger"][0]["action"] == "withdrawn"


async def change(mongo: Mongo, fields: dict[str, Any]) -> None:
    people = collection_names(await active_generation(mongo.database)).people
    await mongo.database[people].update_one({"_id": PERSON["_id"]}, {"$set": fields})


async def test_a_viewer_sees_no_salary(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    employment = (await profile(service[0], Role.VIEWER))["customer_details"]["employment"]

    assert employment["position"] == "Docente"
    assert "net_monthly_salary_cents" not in employment
    assert "deductions" not in employment
    assert "indicative_capacity_cents" not in employment


async def test_refinanced_loans_are_shown_when_there_are_any(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    refinanced = {"status": "refinanced", "active": False}
    replaced = {**LOAN, **refinanced, "loan_id": "L-0", "replaced_by_loan_id": "L-1"}
    await change(mongo, {"loans.b": replaced})
    shown = await profile(client, Role.OPERATOR)

    assert [loan["replaced_by_loan_id"] for loan in shown["refinanced_loans"]] == ["L-1"]
    assert shown["refinanced_loans"][0]["replaced_by"]["loan_id"] == "L-1"


async def test_a_view_is_recorded(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    client, mongo = service
    await profile(client, Role.VIEWER)
    entry = await mongo.own["audit"].find_one({"action": "profile-viewed"})

    assert entry is not None
    assert entry["person_id"] == PERSON["_id"]
    assert entry["by"] == UUID(int=1)


async def test_an_unknown_person_is_not_found(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    response = await service[0].get(
        f"/query/v1/people/{UUID(int=404)}", headers=token(Role.OPERATOR)
    )

    assert response.status_code == 404


async def test_an_erased_person_is_gone(service: tuple[httpx2.AsyncClient, Mongo]) -> None:
    response = await service[0].get(
        f"/query/v1/people/{ERASED['_id']}", headers=token(Role.OPERATOR)
    )

    assert response.status_code == 410


async def test_a_customer_id_leads_to_the_person(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    response = await service[0].get(
        f"/query/v1/customers/{PERSON['customer_id']}", headers=token(Role.VIEWER)
    )

    assert response.status_code == 307
    assert response.headers["location"] == f"/query/v1/people/{PERSON['_id']}"


async def test_the_timeline_is_paged_from_the_newest(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    events = collection_names(await active_generation(mongo.database)).events
    await mongo.database[events].insert_many(
        [
            {
                "_id": UUID(int=n),
                "person_id": PERSON["_id"],
                "topic": "onboarding.applications",
                "type": "consent-given.v1",
                "stream_id": "application-1",
                "version": n,
                "time": BEGINNING + timedelta(minutes=n // 2),
                "facts": orjson.dumps({"purpose": "marketing"}).decode(),
                "personal": None,
            }
            for n in range(1, 8)
        ]
    )
    seen: list[int] = []
    cursor = None
    while True:
        page = (
            await client.get(
                f"/query/v1/people/{PERSON['_id']}/timeline",
                params={"limit": 3, **({"cursor": cursor} if cursor else {})},
                headers=token(Role.OPERATOR),
            )
        ).json()
        seen.extend(item["version"] for item in page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert page["items"][0]["facts"] == {"purpose": "marketing"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es-CO", "Retiró la aceptación: comunicaciones comerciales"),
        ("en", "Withdrew consent: commercial messages"),
    ],
)
async def test_the_timeline_is_described_in_the_callers_language(
    service: tuple[httpx2.AsyncClient, Mongo], language: str, words: str
) -> None:
    client, mongo = service
    await add_event(mongo, "onboarding.applications", "consent-withdrawn.v1")
    response = await timeline(client, {}, language)

    assert [item["words"] for item in response.json()["items"]] == [words]
    assert response.headers["content-language"] == language[:2]


async def test_the_timeline_is_filtered_by_category(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    for topic, type_ in (
        ("onboarding.applications", "email-verified.v1"),
        ("onboarding.applications", "consent-withdrawn.v1"),
        ("onboarding.applications", "of-a-later-version.v1"),
        ("documents.dossiers", "dossier-opened.v1"),
        ("customer-registry.credit", "loan-recorded.v1"),
        ("customer-registry.credit", "credit-application-recorded.v1"),
    ):
        await add_event(mongo, topic, type_)

    async def shown(*categories: str) -> list[tuple[str, str]]:
        items = (await timeline(client, {"category": list(categories)})).json()["items"]
        return sorted((item["category"], item["type"]) for item in items)

    assert await shown("account") == [("account", "consent-withdrawn.v1")]
    assert await shown("application", "documents") == [
        ("application", "email-verified.v1"),
        ("application", "of-a-later-version.v1"),
        ("documents", "dossier-opened.v1"),
    ]
    assert len(await shown("credit")) == 2
    assert await shown("messages") == []
    assert len(await shown()) == 6


async def test_a_cursor_of_other_categories_and_an_unknown_category_are_refused(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    for n in range(3):
        await add_event(mongo, "customer-registry.credit", "loan-recorded.v1", version=n)
    page = (await timeline(client, {"limit": 1})).json()

    again = {"limit": 1, "cursor": page["next_cursor"]}
    assert (await timeline(client, again)).status_code == 200
    assert (await timeline(client, {**again, "category": "credit"})).status_code == 400
    assert (await timeline(client, {"category": "secrets"})).status_code == 422
    assert (await timeline(client, {"unknown": "1"})).status_code == 422


async def timeline(
    client: httpx2.AsyncClient, parameters: dict[str, Any], language: str = "es"
) -> httpx2.Response:
    return await client.get(
        f"/query/v1/people/{PERSON['_id']}/timeline",
        params=parameters,
        headers={**token(Role.VIEWER), "Accept-Language": language},
    )


async def add_event(mongo: Mongo, topic: str, type_: str, version: int = 1) -> None:
    events = collection_names(await active_generation(mongo.database)).events
    await mongo.database[events].insert_one(
        {
            "_id": uuid4(),
            "person_id": PERSON["_id"],
            "topic": topic,
            "type": type_,
            "stream_id": "application-1",
            "version": version,
            "time": BEGINNING,
            "facts": '{"purpose": "marketing"}',
        }
    )


async def test_after_an_activation_the_timeline_leaves_out_other_submissions_and_their_messages(
    service: tuple[httpx2.AsyncClient, Mongo],
) -> None:
    client, mongo = service
    won, other = uuid4(), uuid4()
    await change(mongo, {"application.activated_at": BEGINNING, "application.registration_id": won})
    events = collection_names(await active_generation(mongo.database)).events
    link_id = uuid4()
    entries = [
        (uuid4(), "onboarding.applications", "submission-received.v1", "application-1", won),
        (uuid4(), "onboarding.applications", "submission-received.v1", "application-1", other),
        (link_id, "onboarding.applications", "activation-link-issued.v1", "application-1", other),
        (
            uuid4(),
            "notifications.messages",
            "message-sent.v1",
            f"message-{uuid5(link_id, 'activation')}",
            None,
        ),
        (uuid4(), "onboarding.applications", "registration-repeated.v1", "application-1", None),
    ]
    await mongo.database[events].insert_many(
        [
            {
                "_id": event_id,
                "person_id": PERSON["_id"],
                "topic": topic,
                "type": type_,
                "stream_id": stream_id,
                "version": n,
                "time": BEGINNING + timedelta(minutes=n),
                "facts": "{}",
                **({} if submission_id is None else {"submission_id": submission_id}),
            }
            for n, (event_id, topic, type_, stream_id, submission_id) in enumerate(entries, 1)
        ]
    )

    items = (await timeline(client, {})).json()["items"]

    assert [(item["type"], item["version"]) for item in items] == [
        ("registration-repeated.v1", 5),
        ("submission-received.v1", 1),
    ]
