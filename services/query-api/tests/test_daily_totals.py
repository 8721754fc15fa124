"""How many people were in which status at the end of each day, counted and asked for."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.access import Role
from vinculo.query_api.lists.daily_totals import Statuses, daily_totals
from vinculo.query_api.person_document.counters import HourlyGroup, status_history_of
from vinculo.query_api.person_document.registry import MAX_STATUS_MOVES
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .folded import person_of
from .query_service import begin_generation, query_service, some_people, token
from .told_events import application, at, erased, life_of, record

BOGOTA = ZoneInfo("America/Bogota")
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 12)
PEOPLE = some_people(80)


def person(*moves: tuple[datetime, str, str]) -> dict[str, Any]:
    told = [{"at": when, "kind": kind, "status": status} for when, kind, status in moves]
    return {"kind": told[-1]["kind"], "registry": {"moves": told}}


def standing(people: list[dict[str, Any]], day: date, zone: ZoneInfo) -> Statuses:
    """By looking at everybody."""
    ends: Counter[tuple[str, str]] = Counter()
    for each in people:
        done = [m for m in each["registry"]["moves"] if m["at"].astimezone(zone).date() <= day]
        if done:
            ends[done[-1]["kind"], done[-1]["status"]] += 1
    return ends


states = st.tuples(
    st.sampled_from(("pre_customer", "customer")), st.sampled_from(("pending", "enabled"))
)
moments = st.integers(0, 60 * 24 * 14).map(
    lambda minutes: datetime(2026, 2, 27, tzinfo=UTC) + timedelta(minutes=minutes)
)
lives = st.lists(moments, min_size=1, max_size=6).flatmap(
    lambda found: st.lists(states, min_size=len(found), max_size=len(found)).map(
        lambda chosen: person(
            *((when, *state) for when, state in zip(sorted(found), chosen, strict=True))
        )
    )
)


@settings(deadline=None)
@given(people=st.lists(lives, max_size=8), zone=st.sampled_from(("America/Bogota", "Asia/Tokyo")))
def test_every_day_is_what_looking_at_everybody_would_give(
    people: list[dict[str, Any]], zone: str
) -> None:
    where = ZoneInfo(zone)
    history: Counter[HourlyGroup] = Counter()
    for each in people:
        history.update(status_history_of(each))
    now = standing(people, date(2027, 1, 1), where)

    for day, statuses in daily_totals(now, history, FIRST, LAST, where):
        assert statuses == standing(people, day, where)


async def test_a_persons_way_is_told_by_the_hour() -> None:
    document = await person_of(*life_of(1))
    hour = int(at(1).timestamp()) // 3600

    assert {group: n for group, n in status_history_of(document).items() if n} == {
        HourlyGroup(hour, "customer", "enabled"): 1
    }
    assert [move["status"] for move in document["registry"]["moves"]] == [
        "pending_email_verification",
        "pending",
        "enabled",
    ]


def test_a_move_before_anything_is_known_of_the_record_is_not_counted() -> None:
    document = person((at(0), "pre_customer", "pending"), (at(90), "customer", "enabled"))
    document["registry"]["moves"][0]["kind"] = None
    hour = int(at(90).timestamp()) // 3600

    assert status_history_of(document) == {HourlyGroup(hour, "customer", "enabled"): 1}


async def test_who_is_in_no_list_is_told_of_in_no_day() -> None:
    unlisted = await person_of(record(1).told)
    gone = await person_of(application(1).told, erased(1, record(1)).told)

    assert status_history_of(unlisted) == status_history_of(gone) == {}


async def test_what_a_document_remembers_of_moves_is_bounded() -> None:
    stream = record(1)
    moved = stream.told[-1]
    many = [moved.facts | {"to_status": f"s{n}"} for n in range(MAX_STATUS_MOVES + 3)]
    for facts in many:
        stream.told.append(_again(moved, len(stream.told) + 1, facts))
    document = await person_of(application(1).told, stream.told)

    assert len(document["registry"]["moves"]) == MAX_STATUS_MOVES
    assert sum(status_history_of(document).values()) == 1


def _again(told: Any, version: int, facts: dict[str, Any]) -> Any:
    return replace(told, version=version, facts=facts)


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl, bucket: MakeBucket) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), bucket("exports")) as (made, mongo):
        await begin_generation(mongo, PEOPLE)
        yield made


async def ask(client: httpx2.AsyncClient, **parameters: str) -> httpx2.Response:
    return await client.get("/query/v1/totals/daily", params=parameters, headers=token(Role.VIEWER))


@pytest.mark.servers
async def test_a_month_is_answered_day_by_day(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, date_from="2026-01-30", date_to="2026-02-28")
    days = answer.json()["days"]

    assert len(days) == 30
    for day in days:
        counted = standing(PEOPLE, date.fromisoformat(day["date"]), BOGOTA)
        assert {
            (kind, status): people
            for kind, statuses in day["by_status"].items()
            for status, people in statuses.items()
        } == counted


@pytest.mark.servers
async def test_the_last_thirty_days_are_shown_unasked(client: httpx2.AsyncClient) -> None:
    days = (await ask(client)).json()["days"]

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
async def test_what_is_no_span_of_days_is_refused(
    client: httpx2.AsyncClient, parameters: dict[str, str]
) -> None:
    answer = await ask(client, **parameters)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.servers
async def test_days_to_come_are_empty(client: httpx2.AsyncClient) -> None:
    assert (await ask(client, date_from="2199-01-01", date_to="2199-01-05")).json()["days"] == []
