"""The number of people in each status at the end of each day."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from vinculo.access import Role
from vinculo.query_api.lists.daily_totals import StatusTotals, totals_by_day
from vinculo.query_api.person_document.counters import HourlyGroup, status_history_of
from vinculo.query_api.person_document.registry import MAX_STATUS_MOVES
from vinculo.query_api.person_document.schema import KindCode, Person, StatusChange
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..event_samples import EventSample, application, at, erased, lifecycle, record
from ..in_memory_projector import project_person
from ..query_service import make_generation, make_people, query_service, token

BOGOTA = ZoneInfo("America/Bogota")
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 12)
PEOPLE = make_people(80)


def person(*moves: tuple[datetime, KindCode, str]) -> Person:
    stored: list[StatusChange] = [
        {"at": when, "kind": kind, "status": status} for when, kind, status in moves
    ]
    return {
        "_id": UUID(int=1),
        "revision": 1,
        "kind": moves[-1][1],
        "registry": {"version": 1, "moves": stored},
    }


def count_statuses(people: list[Person], day: date, zone: ZoneInfo) -> StatusTotals:
    """The expected numbers, counted person by person."""
    ends: Counter[tuple[str, str]] = Counter()
    for each in people:
        done = [m for m in each["registry"]["moves"] if m["at"].astimezone(zone).date() <= day]
        if done:
            ends[str(done[-1]["kind"]), done[-1]["status"]] += 1
    return ends


KINDS: tuple[KindCode, ...] = ("pre_customer", "customer")
states = st.tuples(st.sampled_from(KINDS), st.sampled_from(("pending", "enabled")))
moments = st.integers(0, 60 * 24 * 14).map(
    lambda minutes: datetime(2026, 2, 27, tzinfo=UTC) + timedelta(minutes=minutes)
)
people_with_moves = st.lists(moments, min_size=1, max_size=6).flatmap(
    lambda found: st.lists(states, min_size=len(found), max_size=len(found)).map(
        lambda chosen: person(
            *((when, *state) for when, state in zip(sorted(found), chosen, strict=True))
        )
    )
)


@given(
    people=st.lists(people_with_moves, max_size=8),
    zone=st.sampled_from(("America/Bogota", "Asia/Tokyo")),
)
def test_every_day_equals_a_count_over_all_people(people: list[Person], zone: str) -> None:
    time_zone = ZoneInfo(zone)
    history: Counter[HourlyGroup] = Counter()
    for each in people:
        history.update(status_history_of(each))
    now = count_statuses(people, date(2027, 1, 1), time_zone)

    for day, statuses in totals_by_day(now, history, FIRST, LAST, time_zone):
        assert statuses == count_statuses(people, day, time_zone)


async def test_status_changes_are_counted_by_the_hour() -> None:
    document = await project_person(*lifecycle(1))
    hour = int(at(1).timestamp()) // 3600

    assert {group: n for group, n in status_history_of(document).items() if n} == {
        HourlyGroup(hour, "customer", "enabled"): 1
    }
    assert [move["status"] for move in document["registry"]["moves"]] == [
        "pending_email_verification",
        "pending",
        "enabled",
    ]


def test_a_move_of_an_unknown_kind_is_not_counted() -> None:
    document = person((at(0), "pre_customer", "pending"), (at(90), "customer", "enabled"))
    document["registry"]["moves"][0]["kind"] = None
    hour = int(at(90).timestamp()) // 3600

    assert status_history_of(document) == {HourlyGroup(hour, "customer", "enabled"): 1}


async def test_people_in_no_list_are_counted_on_no_day() -> None:
    unlisted = await project_person(record(1).events)
    gone = await project_person(application(1).events, erased(1, record(1)).events)

    assert status_history_of(unlisted) == status_history_of(gone) == {}


async def test_the_moves_in_a_document_are_bounded() -> None:
    stream = record(1)
    moved = stream.events[-1]
    many = [moved.facts | {"to_status": f"s{n}"} for n in range(MAX_STATUS_MOVES + 3)]
    for facts in many:
        stream.events.append(_repeated(moved, len(stream.events) + 1, facts))
    document = await project_person(application(1).events, stream.events)

    assert len(document["registry"]["moves"]) == MAX_STATUS_MOVES
    assert sum(status_history_of(document).values()) == 1


def _repeated(sample: EventSample, version: int, facts: dict[str, Any]) -> EventSample:
    return replace(sample, version=version, facts=facts)


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl, bucket: MakeBucket) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), bucket("exports")) as (made, mongo):
        await make_generation(mongo, PEOPLE)
        yield made


async def get_daily_totals(client: httpx2.AsyncClient, **parameters: str) -> httpx2.Response:
    return await client.get("/query/v1/totals/daily", params=parameters, headers=token(Role.VIEWER))


@pytest.mark.servers
async def test_a_month_has_an_entry_for_each_day(client: httpx2.AsyncClient) -> None:
    response = await get_daily_totals(client, date_from="2026-01-30", date_to="2026-02-28")
    days = response.json()["days"]

    assert len(days) == 30
    for day in days:
        counted = count_statuses(PEOPLE, date.fromisoformat(day["date"]), BOGOTA)
        assert {
            (kind, status): people
            for kind, statuses in day["by_status"].items()
            for status, people in statuses.items()
        } == counted


@pytest.mark.servers
async def test_the_last_thirty_days_are_the_default(client: httpx2.AsyncClient) -> None:
    days = (await get_daily_totals(client)).json()["days"]

    assert len(days) == 30
    assert sum(sum(each.values()) for each in days[-1]["by_status"].values()) == len(PEOPLE)


@pytest.mark.servers
@pytest.mark.parametrize(
    "parameters",
    [
        {"date_from": "2026-03-02", "date_to": "2026-03-01"},
        {"date_from": "2020-01-01", "date_to": "2026-03-01"},
        {"date_from": "10000-01-01"},
        {"date_from": "yesterday"},
        {"days": "7"},
    ],
)
async def test_invalid_days_are_refused(
    client: httpx2.AsyncClient, parameters: dict[str, str]
) -> None:
    response = await get_daily_totals(client, **parameters)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.servers
async def test_future_days_are_left_out(client: httpx2.AsyncClient) -> None:
    assert (await get_daily_totals(client, date_from="2199-01-01", date_to="2199-01-05")).json()[
        "days"
    ] == []
