"""Past profiles, changes and periods of the timeline over HTTP."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.messaging import rfc3339
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Mongo
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..event_samples import (
    KINDS,
    FakeKeyRing,
    InMemoryLog,
    at,
    erased,
    lifecycle,
    lifecycle_with_changes,
    person_id,
    record,
)
from ..in_memory_projector import InMemoryProjector
from ..query_service import STAFF, make_generation, query_service, token

pytestmark = pytest.mark.servers

ANA, EVA, GONE = person_id(0), person_id(1), person_id(2)
PEOPLE = "/query/v1/people"
Service = tuple[httpx2.AsyncClient, Mongo, FakeKeyRing]


@pytest.fixture
def driver() -> str:
    return "motor"


@pytest_asyncio.fixture
async def service(mongo_url: MongoUrl, bucket: MakeBucket, driver: str) -> AsyncIterator[Service]:
    keys, url = FakeKeyRing(), mongo_url("query")
    async with query_service(url, bucket("exports"), driver=driver, keys=keys) as made:
        projector = InMemoryProjector()
        streams = [
            *lifecycle_with_changes(0),
            *lifecycle(1),
            *lifecycle(2)[:2],
            erased(2, record(2)).events,
        ]
        await projector.apply(
            InMemoryLog().append_all([sample for stream in streams for sample in stream])
        )
        await make_generation(made[1], projector.store.people)
        events = await events_of(made[1])
        await events.insert_many(list(projector.store.timeline.values()))
        yield *made, keys


async def events_of(mongo: Mongo) -> Any:
    names = collection_names(await active_generation(mongo.database))
    return mongo.database[names.events]


async def get_profile(
    client: httpx2.AsyncClient,
    path: str,
    parameters: dict[str, Any] | None = None,
    *,
    role: Role = Role.OPERATOR,
    language: str = "es",
    **more: Any,
) -> httpx2.Response:
    headers = {**token(role), "Accept-Language": language}
    return await client.get(
        f"{PEOPLE}/{path}", params={**(parameters or {}), **more}, headers=headers
    )


def refusal(response: httpx2.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].rpartition(":")[2]


def without_ages(shown: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that depend on the time of the request."""
    for name in ("as_of", "last_event"):
        shown.pop(name, None)
    for name in ("age_days", "is_stale"):
        shown["customer_details"]["employment"].pop(name)
    return shown


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_the_profile_as_of_now_is_the_profile(service: Service) -> None:
    client, _, _ = service
    for person in (ANA, EVA):
        now = without_ages((await get_profile(client, f"{person}")).json())
        then = without_ages((await get_profile(client, f"{person}", as_of=rfc3339(at(100)))).json())
        assert then == now


async def test_the_profile_as_of_a_moment_has_the_events_up_to_then(
    service: Service,
) -> None:
    client, mongo, _ = service
    response = await get_profile(client, f"{ANA}", as_of=rfc3339(at(3)))
    shown = response.json()

    assert response.status_code == 200
    assert (shown["kind"], shown["status"], shown["customer_id"]) == (
        "pre_customer",
        "pending",
        None,
    )
    assert shown["customer_details"]["personal"]["email"] == "Persona0@example.co"
    assert shown["customer_details"]["documents"]["state"] == "submitted"
    required = shown["customer_details"]["documents"]["requirements"]
    assert [each["code"] for each in required] == list(KINDS)
    assert shown["customer_details"]["employment"]["net_monthly_salary_cents"] == 420_000_000
    assert shown["customer_details"]["employment"]["age_days"] == 0
    assert shown["credit_overview"]["loans"] == []
    assert shown["as_of"] == "2026-03-02T15:03:00Z"
    assert shown["last_event"]["type"] in {"documents-provided.v1", "dossier-submitted.v1"}
    assert "etag" not in response.headers
    entry = await mongo.own["audit"].find_one({"action": "profile-viewed"})
    assert entry is not None
    assert (entry["by"], entry["person_id"], entry["as_of"]) == (STAFF, ANA, rfc3339(at(3)))


async def test_the_profile_as_of_an_event_has_that_event_as_its_last(service: Service) -> None:
    client, mongo, _ = service
    event = await (await events_of(mongo)).find_one(
        {"person_id": ANA, "type": "pre-customer-activated.v1"}
    )
    assert event is not None
    shown = (await get_profile(client, f"{ANA}", as_of=str(event["_id"]))).json()

    assert shown["last_event"]["event_id"] == str(event["_id"])
    assert (shown["status"], shown["version"]) == ("pending", 2)


async def test_past_salaries_require_the_salary_permission(service: Service) -> None:
    shown = (await get_profile(service[0], f"{ANA}", role=Role.VIEWER, as_of=rfc3339(at(3)))).json()

    employment = shown["customer_details"]["employment"]
    assert employment["position"] == "Docente"
    assert not {"net_monthly_salary_cents", "deductions"} & employment.keys()


async def test_before_the_record_the_person_is_unknown_and_the_response_says_since_when(
    service: Service,
) -> None:
    response = await get_profile(service[0], f"{EVA}", as_of=rfc3339(at(0)))

    assert refusal(response) == (404, "person-unknown-then")
    assert response.json()["known_since"] == rfc3339(at(1))
    assert response.json()["title"] == "En ese momento no había registro de esta persona"


INVALID_POINTS = [
    ("2999-01-01T00:00:00Z", (422, "point-to-come")),
    ("2026-03-02T15:00:00", (422, "point-invalid")),
    ("2026-02-30T15:00:00Z", (422, "point-invalid")),
    ("0001-01-01T00:00:00+14:00", (422, "point-invalid")),
    ("2026-03-02", (422, "point-invalid")),
    ("1772463600", (422, "point-invalid")),
    ("{$ne: 1}", (422, "point-invalid")),
    ("yesterday", (422, "point-invalid")),
    ("", (422, "request-invalid")),
    ("x" * 41, (422, "request-invalid")),
    (str(UUID(int=5)), (404, "event-unknown")),
    ("0001-01-01T00:00:00Z", (404, "person-unknown-then")),
]


async def test_an_invalid_point_is_refused(service: Service) -> None:
    for as_of, refused in INVALID_POINTS:
        responses = {
            language: await get_profile(service[0], f"{ANA}", language=language, as_of=as_of)
            for language in ("es", "en")
        }
        assert {refusal(response) for response in responses.values()} == {refused}, as_of
        assert responses["es"].json()["title"] != responses["en"].json()["title"]


async def test_another_persons_event_is_refused(service: Service) -> None:
    client, mongo, _ = service
    other = await (await events_of(mongo)).find_one({"person_id": EVA})
    assert other is not None

    assert refusal(await get_profile(client, f"{ANA}", as_of=str(other["_id"]))) == (
        404,
        "event-unknown",
    )


READS_OF_THE_PAST = [("", {"as_of": rfc3339(at(3))}), ("/changes", {"from": rfc3339(at(3))})]


async def test_erased_and_unknown_people_have_no_past_profile(service: Service) -> None:
    client, _, keys = service
    keys.erased.add(EVA)
    keys.missing.add(ANA)
    for path, parameters in READS_OF_THE_PAST:

        async def refused(
            person: UUID, path: str = path, parameters: Any = parameters
        ) -> tuple[int, str]:
            return refusal(await get_profile(client, f"{person}{path}", parameters))

        assert await refused(GONE) == (410, "person-erased")
        assert await refused(EVA) == (410, "person-erased"), "the key has been destroyed"
        assert await refused(ANA) == (503, "history-unreadable"), "the key is missing"
        assert await refused(person_id(9)) == (404, "person-unknown")


async def test_a_history_that_is_too_long_is_refused(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vinculo.query_api.profile.as_of.MAX_EVENTS", 10)
    response = await get_profile(service[0], f"{ANA}", as_of=rfc3339(at(3)))

    assert refusal(response) == (422, "history-too-long")


async def test_changes_are_shown_with_their_events(service: Service) -> None:
    client, mongo, _ = service
    response = await get_profile(
        client, f"{ANA}/changes", {"from": rfc3339(at(19)), "to": rfc3339(at(22))}, language="en"
    )
    body = response.json()
    changes = {change["field"]: change for change in body["changes"]}

    email = changes["customer_details.personal.email"]
    assert (email["before"], email["after"]) == ("Persona0@example.co", "Nueva0@example.co")
    words = {event["event_id"]: event["words"] for event in body["events"]}
    assert [words[event] for event in email["events"]] == [
        "Corrected the e-mail address before activation",
        "Changed the e-mail address, now verified",
    ]
    assert "customer_details.consents.marketing.given_at" in changes
    assert "credit_overview.active_loans" not in changes
    entry = await mongo.own["audit"].find_one({"action": "changes-viewed"})
    assert entry is not None
    assert (entry["by"], entry["person_id"]) == (STAFF, ANA)


async def test_changes_end_now_by_default(service: Service) -> None:
    changes = (await get_profile(service[0], f"{ANA}/changes", {"from": rfc3339(at(25))})).json()

    fields = {change["field"]: change for change in changes["changes"]}
    salary = fields["customer_details.employment.net_monthly_salary_cents"]
    assert (salary["before"], salary["after"]) == (420_000_000, 300_000_000)
    unseen = await get_profile(
        service[0], f"{ANA}/changes", {"from": rfc3339(at(25))}, role=Role.VIEWER
    )
    assert not [c for c in unseen.json()["changes"] if "salary" in c["field"]]


async def test_changes_between_invalid_points_are_refused(service: Service) -> None:
    since = {"from": rfc3339(at(5))}
    for parameters, refused in (
        ({**since, "to": rfc3339(at(3))}, (422, "points-reversed")),
        ({}, (422, "request-invalid")),
        ({"from": "x"}, (422, "point-invalid")),
        ({**since, "to": "2999-01-01T00:00:00Z"}, (422, "point-to-come")),
        ({**since, "until": "x"}, (422, "request-invalid")),
    ):
        assert refusal(await get_profile(service[0], f"{ANA}/changes", parameters)) == refused, (
            parameters
        )


async def test_the_timeline_is_filtered_by_days(service: Service) -> None:
    client, _, _ = service
    whole = (
        await get_profile(client, f"{ANA}/timeline", at_from="2026-03-02", at_to="2026-03-02")
    ).json()
    none = (await get_profile(client, f"{ANA}/timeline", at_from="2026-03-03")).json()

    assert len(whole["items"]) == sum(len(stream) for stream in lifecycle_with_changes(0))
    assert none["items"] == []
    reversed_days = {"at_from": "2026-03-03", "at_to": "2026-03-02"}
    assert refusal(await get_profile(client, f"{ANA}/timeline", reversed_days)) == (
        422,
        "filter-invalid",
    )
    far = await get_profile(client, f"{ANA}/timeline", at_from="10000-01-01")
    assert refusal(far) == (422, "request-invalid")


async def test_pages_of_a_period_continue(service: Service) -> None:
    client, _, _ = service
    parameters = {"at_to": "2026-03-02", "limit": 20, "category": "application"}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = (await get_profile(client, f"{ANA}/timeline", {**parameters, **more})).json()
        seen += [item["event_id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    whole = (await get_profile(client, f"{ANA}/timeline", category="application")).json()
    assert seen == [item["event_id"] for item in whole["items"]]
