"""The profile as it was, and what has changed since, over HTTP."""

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
from vinculo.query_api.profile import as_of as as_of_module
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .folded import Bench
from .query_service import STAFF, begin_generation, query_service, token
from .told_events import (
    KINDS,
    Log,
    OpenKeys,
    at,
    changed_life_of,
    erased,
    life_of,
    person_id,
    record,
)

pytestmark = pytest.mark.servers

ANA, EVA, GONE = person_id(0), person_id(1), person_id(2)
PEOPLE = "/query/v1/people"
Service = tuple[httpx2.AsyncClient, Mongo, OpenKeys]


@pytest.fixture
def driver() -> str:
    return "motor"


@pytest_asyncio.fixture
async def service(mongo_url: MongoUrl, bucket: MakeBucket, driver: str) -> AsyncIterator[Service]:
    keys, url = OpenKeys(), mongo_url("query")
    async with query_service(url, bucket("exports"), driver=driver, keys=keys) as made:
        bench = Bench()
        streams = [*changed_life_of(0), *life_of(1), *life_of(2)[:2], erased(2, record(2)).told]
        await bench.apply(Log().append_all([told for stream in streams for told in stream]))
        await begin_generation(made[1], bench.store.people)
        events = await events_of(made[1])
        await events.insert_many(list(bench.store.timeline.values()))
        yield *made, keys


async def events_of(mongo: Mongo) -> Any:
    names = collection_names(await active_generation(mongo.database))
    return mongo.database[names.events]


async def ask(
    client: httpx2.AsyncClient,
    path: str,
    asked: dict[str, Any] | None = None,
    *,
    role: Role = Role.OPERATOR,
    language: str = "es",
    **more: Any,
) -> httpx2.Response:
    headers = {**token(role), "Accept-Language": language}
    return await client.get(f"{PEOPLE}/{path}", params={**(asked or {}), **more}, headers=headers)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def timeless(shown: dict[str, Any]) -> dict[str, Any]:
    """Without what depends on when one asks."""
    for name in ("as_of", "last_event"):
        shown.pop(name, None)
    for name in ("age_days", "is_stale"):
        shown["customer_details"]["employment"].pop(name)
    return shown


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_the_profile_as_of_now_is_the_profile(service: Service) -> None:
    client, _, _ = service
    for person in (ANA, EVA):
        now = timeless((await ask(client, f"{person}")).json())
        then = timeless((await ask(client, f"{person}", as_of=rfc3339(at(100)))).json())
        assert then == now


async def test_the_profile_as_of_a_moment_is_of_what_had_happened_by_then(
    service: Service,
) -> None:
    client, mongo, _ = service
    answer = await ask(client, f"{ANA}", as_of=rfc3339(at(3)))
    shown = answer.json()

    assert answer.status_code == 200
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
    assert "etag" not in answer.headers
    entry = await mongo.database["audit"].find_one({"action": "profile-viewed"})
    assert entry is not None
    assert (entry["by"], entry["person_id"], entry["as_of"]) == (STAFF, ANA, str(at(3)))


async def test_the_profile_as_of_an_event_has_that_event_as_its_last(service: Service) -> None:
    client, mongo, _ = service
    event = await (await events_of(mongo)).find_one(
        {"person_id": ANA, "type": "pre-customer-activated.v1"}
    )
    assert event is not None
    shown = (await ask(client, f"{ANA}", as_of=str(event["_id"]))).json()

    assert shown["last_event"]["event_id"] == str(event["_id"])
    assert (shown["status"], shown["version"]) == ("pending", 2)


async def test_who_may_not_see_the_salary_does_not_see_that_of_then(service: Service) -> None:
    shown = (await ask(service[0], f"{ANA}", role=Role.VIEWER, as_of=rfc3339(at(3)))).json()

    employment = shown["customer_details"]["employment"]
    assert employment["position"] == "Docente"
    assert not {"net_monthly_salary_cents", "deductions"} & employment.keys()


async def test_before_the_record_there_is_nobody_and_the_answer_says_since_when(
    service: Service,
) -> None:
    answer = await ask(service[0], f"{EVA}", as_of=rfc3339(at(0)))

    assert refusal(answer) == (404, "person-unknown-then")
    assert answer.json()["known_since"] == rfc3339(at(1))
    assert answer.json()["title"] == "En ese momento no había registro de esta persona"


NO_POINTS = [
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


async def test_what_is_no_point_of_the_history_is_refused(service: Service) -> None:
    for as_of, refused in NO_POINTS:
        answers = {
            language: await ask(service[0], f"{ANA}", language=language, as_of=as_of)
            for language in ("es", "en")
        }
        assert {refusal(answer) for answer in answers.values()} == {refused}, as_of
        assert answers["es"].json()["title"] != answers["en"].json()["title"]


async def test_another_persons_event_is_no_point(service: Service) -> None:
    client, mongo, _ = service
    other = await (await events_of(mongo)).find_one({"person_id": EVA})
    assert other is not None

    assert refusal(await ask(client, f"{ANA}", as_of=str(other["_id"]))) == (404, "event-unknown")


PASTS = [("", {"as_of": rfc3339(at(3))}), ("/changes", {"from": rfc3339(at(3))})]


async def test_of_the_erased_and_the_unknown_there_is_no_past(service: Service) -> None:
    client, _, keys = service
    keys.erased.add(EVA)
    keys.missing.add(ANA)
    for path, asked in PASTS:

        async def refused(person: UUID, path: str = path, asked: Any = asked) -> tuple[int, str]:
            return refusal(await ask(client, f"{person}{path}", asked))

        assert await refused(GONE) == (410, "person-erased")
        assert await refused(EVA) == (410, "person-erased"), "whose key is destroyed already"
        assert await refused(ANA) == (503, "history-unreadable"), "whose key is not found"
        assert await refused(person_id(9)) == (404, "person-unknown")


async def test_a_history_is_folded_only_so_far(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_of_module, "MAX_EVENTS", 10)
    answer = await ask(service[0], f"{ANA}", as_of=rfc3339(at(3)))

    assert refusal(answer) == (422, "history-too-long")


async def test_changes_are_told_with_the_events_that_made_them(service: Service) -> None:
    client, mongo, _ = service
    answer = await ask(
        client, f"{ANA}/changes", {"from": rfc3339(at(19)), "to": rfc3339(at(22))}, language="en"
    )
    body = answer.json()
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
    entry = await mongo.database["audit"].find_one({"action": "changes-viewed"})
    assert entry is not None
    assert (entry["by"], entry["person_id"]) == (STAFF, ANA)


async def test_changes_go_up_to_now_unless_told_otherwise(service: Service) -> None:
    changes = (await ask(service[0], f"{ANA}/changes", {"from": rfc3339(at(25))})).json()

    fields = {change["field"]: change for change in changes["changes"]}
    salary = fields["customer_details.employment.net_monthly_salary_cents"]
    assert (salary["before"], salary["after"]) == (420_000_000, 300_000_000)
    unseen = await ask(service[0], f"{ANA}/changes", {"from": rfc3339(at(25))}, role=Role.VIEWER)
    assert not [c for c in unseen.json()["changes"] if "salary" in c["field"]]


async def test_changes_between_what_are_no_points_are_refused(service: Service) -> None:
    since = {"from": rfc3339(at(5))}
    for asked, refused in (
        ({**since, "to": rfc3339(at(3))}, (422, "points-reversed")),
        ({}, (422, "request-invalid")),
        ({"from": "x"}, (422, "point-invalid")),
        ({**since, "to": "2999-01-01T00:00:00Z"}, (422, "point-to-come")),
        ({**since, "until": "x"}, (422, "request-invalid")),
    ):
        assert refusal(await ask(service[0], f"{ANA}/changes", asked)) == refused, asked


async def test_the_timeline_is_of_the_days_asked_for(service: Service) -> None:
    client, _, _ = service
    whole = (await ask(client, f"{ANA}/timeline", at_from="2026-03-02", at_to="2026-03-02")).json()
    none = (await ask(client, f"{ANA}/timeline", at_from="2026-03-03")).json()

    assert len(whole["items"]) == sum(len(stream) for stream in changed_life_of(0))
    assert none["items"] == []
    reversed_days = {"at_from": "2026-03-03", "at_to": "2026-03-02"}
    assert refusal(await ask(client, f"{ANA}/timeline", reversed_days)) == (422, "filter-invalid")
    far = await ask(client, f"{ANA}/timeline", at_from="10000-01-01")
    assert refusal(far) == (422, "request-invalid")


async def test_a_page_of_days_goes_on_where_it_ended(service: Service) -> None:
    client, _, _ = service
    asked = {"at_to": "2026-03-02", "limit": 20, "category": "application"}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = (await ask(client, f"{ANA}/timeline", {**asked, **more})).json()
        seen += [item["event_id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    whole = (await ask(client, f"{ANA}/timeline", category="application")).json()
    assert seen == [item["event_id"] for item in whole["items"]]
