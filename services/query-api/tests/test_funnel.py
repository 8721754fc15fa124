"""The funnel is what looking at everybody would give."""

import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.errors import ExecutionTimeout

from vinculo.access import Role
from vinculo.query_api.funnel.funnel import STEPS, percentile, seconds_of
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from .folded import person_of
from .query_service import begin_generation, query_service, some_people, token
from .told_events import at, changed_application, record

BOGOTA = ZoneInfo("America/Bogota")
FIELDS = (
    ("application", "activated_at"),
    ("application", "first_employment_at"),
    ("application", "documents_provided_at"),
    ("application", "completed_at"),
    ("registry", "promoted_at"),
)
FAR_AND_WIDE = {"created_from": "2025-12-31", "created_to": "2026-12-30"}


def walking(number: int) -> list[dict[str, Any]]:
    """People who came to different steps, each at their pace; some not in the steps' order."""
    chance = random.Random(3)  # noqa: S311 - the same people in every run
    people = some_people(number)
    for person in people:
        person["application"]["channel"] = chance.choice(("web", "mobile"))
        person["project"] = chance.choice(("default", "express"))
        moment = person["registered_at"]
        for part, field in FIELDS[: chance.randrange(len(FIELDS) + 1)]:
            moment += timedelta(seconds=chance.choice((-30, 0, 1, 90, 4_000, 90_000, 2_000_000)))
            person[part][field] = moment
    return people


PEOPLE = walking(200)


def moments(person: dict[str, Any]) -> list[datetime | None]:
    return [person["registered_at"], *(person[part].get(field) for part, field in FIELDS)]


def took(person: dict[str, Any], step: int) -> float | None:
    done = moments(person)
    moment = done[step]
    if moment is None:
        return None
    before = max(m for m in done[:step] if m is not None)
    return max(0.0, (moment - before).total_seconds())


@pytest_asyncio.fixture(params=["motor", "pymongo"])
async def client(
    request: pytest.FixtureRequest, mongo_url: MongoUrl, bucket: MakeBucket
) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), bucket("exports"), driver=request.param) as made:
        await begin_generation(made[1], PEOPLE)
        yield made[0]


async def ask(client: httpx2.AsyncClient, **parameters: str) -> httpx2.Response:
    return await client.get("/query/v1/funnel", params=parameters, headers=token(Role.VIEWER))


@pytest.mark.servers
async def test_every_step_tells_who_came_who_stopped_and_how_long_it_took(
    client: httpx2.AsyncClient,
) -> None:
    funnel = (await ask(client, **FAR_AND_WIDE)).json()

    assert funnel["people"] == len(PEOPLE)
    for n, step in enumerate(funnel["steps"]):
        reached = [person for person in PEOPLE if moments(person)[n] is not None]
        stopped = [p for p in reached if [*moments(p), None][n + 1] is None]
        assert step["step"] == STEPS[n]
        assert step["reached"] == len(reached)
        assert step["stopped_after"] == (len(stopped) if n + 1 < len(STEPS) else 0)
        if n:
            times = sorted(t for p in PEOPLE if (t := took(p, n)) is not None)
            assert step["median_seconds"] == near(times[(len(times) + 1) // 2 - 1])
            assert step["p95_seconds"] == near(times[-(-len(times) * 95 // 100) - 1])
        else:
            assert step["median_seconds"] is step["p95_seconds"] is None


def near(seconds: float) -> Any:
    return pytest.approx(seconds, rel=0.025, abs=1)


@pytest.mark.servers
async def test_days_are_local_and_groups_add_up(client: httpx2.AsyncClient) -> None:
    funnel = (await ask(client, **FAR_AND_WIDE)).json()
    days = Counter(p["registered_at"].astimezone(BOGOTA).date().isoformat() for p in PEOPLE)

    assert {day["date"]: day["registered"] for day in funnel["days"]} == days
    assert [day["date"] for day in funnel["days"]] == sorted(days)
    assert {
        (group["channel"], group["project"]): group["registered"]
        for group in funnel["by_channel_and_project"]
    } == Counter((p["application"]["channel"], p["project"]) for p in PEOPLE)
    for step in funnel["steps"]:
        for groups in (funnel["days"], funnel["by_channel_and_project"]):
            name = step["step"]
            assert sum(group[name] for group in groups) == step["reached"]
            assert sum(g["stopped_after"][name] for g in groups) == step["stopped_after"]


@pytest.mark.servers
async def test_every_day_and_group_is_a_recount_of_its_people(client: httpx2.AsyncClient) -> None:
    funnel = (await ask(client, **FAR_AND_WIDE)).json()

    for day in funnel["days"]:
        date = day.pop("date")
        assert day == recounted(
            p for p in PEOPLE if p["registered_at"].astimezone(BOGOTA).date().isoformat() == date
        )
    for group in funnel["by_channel_and_project"]:
        channel, project = group.pop("channel"), group.pop("project")
        assert group == recounted(
            p for p in PEOPLE if (p["application"]["channel"], p["project"]) == (channel, project)
        )


def recounted(people: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One person after the other, in no clever way."""
    reached: dict[str, int] = dict.fromkeys(STEPS, 0)
    stopped: dict[str, int] = dict.fromkeys(STEPS, 0)
    for person in people:
        done = moments(person)
        for n, step in enumerate(STEPS):
            reached[step] += done[n] is not None
        first_open = next((n for n, moment in enumerate(done) if moment is None), None)
        if first_open is not None:
            stopped[STEPS[first_open - 1]] += 1
    return {**reached, "stopped_after": stopped}


@pytest.mark.servers
async def test_only_the_channel_project_and_days_asked_for_are_counted(
    client: httpx2.AsyncClient,
) -> None:
    asked = {"created_from": "2026-02-01", "created_to": "2026-02-15"}
    funnel = (await ask(client, **asked, channel="web", project="express")).json()

    assert (
        0
        < funnel["people"]
        == sum(
            p["application"]["channel"] == "web"
            and p["project"] == "express"
            and "2026-02-01"
            <= p["registered_at"].astimezone(BOGOTA).date().isoformat()
            <= "2026-02-15"
            for p in PEOPLE
        )
    )


@pytest.mark.servers
async def test_nobody_is_a_funnel_of_zeros(client: httpx2.AsyncClient) -> None:
    funnel = (await ask(client, created_from="2001-01-01", created_to="2001-01-02")).json()

    assert funnel["people"] == 0
    assert {step["reached"] for step in funnel["steps"]} == {0}
    assert funnel["days"] == funnel["by_channel_and_project"] == []


@pytest.mark.servers
@pytest.mark.parametrize(
    "parameters",
    [
        {"created_from": "2026-03-02", "created_to": "2026-03-01"},
        {"created_from": "2020-03-02", "created_to": "2026-03-01"},
        {"created": "today", "created_from": "2026-03-01"},
        {"created": "ever"},
        {"channel": ""},
        {"channel[$ne]": "web"},
    ],
)
async def test_bad_parameters_are_refused_as_problems(
    client: httpx2.AsyncClient, parameters: dict[str, str]
) -> None:
    answer = await ask(client, **parameters)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.servers
async def test_a_query_that_takes_too_long_is_said_to_do_so(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: object, **__: object) -> None:
        raise ExecutionTimeout("operation exceeded time limit", 50)

    monkeypatch.setattr("vinculo.query_api.funnel.http.funnel_pipeline", too_slow)
    answer = await ask(client)

    assert answer.status_code == 503
    assert answer.json()["type"].endswith("query-too-slow")


async def test_what_is_done_again_later_does_not_move_the_steps() -> None:
    person = await person_of(changed_application(1).told, record(1).told)

    assert person["application"]["activated_at"] == at(1 + 1)
    assert person["application"]["first_employment_at"] == at(1 + 2)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**8), min_size=2, max_size=50))
def test_percentiles_of_buckets_are_near_those_of_the_durations(seconds: list[int]) -> None:
    buckets = Counter(bucket_of(each) for each in seconds)

    for share in (0.5, 0.95):
        exact = sorted(seconds)[-(-int(share * 100) * len(seconds) // 100) - 1]
        found = percentile(buckets, share)
        assert found is not None
        assert abs(found - exact) <= 0.025 * exact + 1


def bucket_of(seconds: float) -> int:
    """The bucket whose middle is the nearest in proportion."""
    return min(range(700), key=lambda bucket: abs(_log(seconds_of(bucket)) - _log(seconds)))


def _log(seconds: float) -> float:
    return math.log(max(seconds, 0.9))


def test_no_durations_have_no_percentile() -> None:
    assert percentile({}, 0.5) is None
