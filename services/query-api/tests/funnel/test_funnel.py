"""The funnel equals a count over all people."""

import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import ExecutionTimeout

from vinculo.access import Role
from vinculo.query_api.funnel.funnel import STEPS, percentile, seconds_of
from vinculo.query_api.person_document.schema import Person
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..event_samples import at, changed_application, record
from ..in_memory_projector import project_person
from ..query_service import make_generation, make_people, query_service, token

BOGOTA = ZoneInfo("America/Bogota")
STEP_FIELDS = (
    ("application", "activated_at"),
    ("application", "first_employment_at"),
    ("application", "documents_provided_at"),
    ("application", "completed_at"),
    ("registry", "promoted_at"),
)
ALL_DAYS = {"created_from": "2025-12-31", "created_to": "2026-12-30"}


def people_in_steps(number: int) -> list[Person]:
    """People who have reached different steps, some of them not in the steps' order."""
    rng = random.Random(3)  # noqa: S311 - the same people in every run
    people = make_people(number)
    for person in people:
        person["application"]["channel"] = rng.choice(("web", "mobile"))
        person["project"] = rng.choice(("default", "express"))
        moment = person["registered_at"]
        for part, field in STEP_FIELDS[: rng.randrange(len(STEP_FIELDS) + 1)]:
            moment += timedelta(seconds=rng.choice((-30, 0, 0.004, 0.35, 1, 90, 4_000, 90_000)))
            cast("dict[str, Any]", person)[part][field] = moment
    return people


PEOPLE = people_in_steps(200)


def step_times(person: Person) -> list[datetime | None]:
    sections = cast("dict[str, Any]", person)
    return [person["registered_at"], *(sections[part].get(field) for part, field in STEP_FIELDS)]


def seconds_between(person: Person, step: int) -> float | None:
    done = step_times(person)
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
        await make_generation(made[1], PEOPLE)
        yield made[0]


async def get_funnel(client: httpx2.AsyncClient, **parameters: str) -> httpx2.Response:
    return await client.get("/query/v1/funnel", params=parameters, headers=token(Role.VIEWER))


@pytest.mark.servers
async def test_every_step_has_counts_and_durations(
    client: httpx2.AsyncClient,
) -> None:
    funnel = (await get_funnel(client, **ALL_DAYS)).json()

    assert funnel["people"] == len(PEOPLE)
    for n, step in enumerate(funnel["steps"]):
        reached = [person for person in PEOPLE if step_times(person)[n] is not None]
        stopped = [p for p in reached if [*step_times(p), None][n + 1] is None]
        assert step["step"] == STEPS[n]
        assert step["reached"] == len(reached)
        assert step["stopped_after"] == (len(stopped) if n + 1 < len(STEPS) else 0)
        if n:
            times = sorted(t for p in PEOPLE if (t := seconds_between(p, n)) is not None)
            assert step["median_seconds"] == approximately(times[(len(times) + 1) // 2 - 1])
            assert step["p95_seconds"] == approximately(times[-(-len(times) * 95 // 100) - 1])
        else:
            assert step["median_seconds"] is step["p95_seconds"] is None


def approximately(seconds: float) -> Any:
    return pytest.approx(seconds, rel=0.025, abs=1e-5)


@pytest.mark.servers
async def test_days_are_local_and_groups_add_up(client: httpx2.AsyncClient) -> None:
    funnel = (await get_funnel(client, **ALL_DAYS)).json()
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
    funnel = (await get_funnel(client, **ALL_DAYS)).json()

    for day in funnel["days"]:
        date = day.pop("date")
        assert day == count_people(
            p for p in PEOPLE if p["registered_at"].astimezone(BOGOTA).date().isoformat() == date
        )
    for group in funnel["by_channel_and_project"]:
        channel, project = group.pop("channel"), group.pop("project")
        assert group == count_people(
            p for p in PEOPLE if (p["application"]["channel"], p["project"]) == (channel, project)
        )


def count_people(people: Iterable[Person]) -> dict[str, Any]:
    """The expected numbers, counted person by person."""
    reached: dict[str, int] = dict.fromkeys(STEPS, 0)
    stopped: dict[str, int] = dict.fromkeys(STEPS, 0)
    for person in people:
        done = step_times(person)
        for n, step in enumerate(STEPS):
            reached[step] += done[n] is not None
        first_open = next((n for n, moment in enumerate(done) if moment is None), None)
        if first_open is not None:
            stopped[STEPS[first_open - 1]] += 1
    return {**reached, "stopped_after": stopped}


@pytest.mark.servers
async def test_channel_project_and_days_are_filtered(
    client: httpx2.AsyncClient,
) -> None:
    parameters = {"created_from": "2026-02-01", "created_to": "2026-02-15"}
    funnel = (await get_funnel(client, **parameters, channel="web", project="express")).json()

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
async def test_a_funnel_without_people_has_zeros(client: httpx2.AsyncClient) -> None:
    funnel = (await get_funnel(client, created_from="2001-01-01", created_to="2001-01-02")).json()

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
    response = await get_funnel(client, **parameters)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.servers
async def test_a_query_that_takes_too_long_is_a_problem(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: object, **__: object) -> None:
        raise ExecutionTimeout("operation exceeded time limit", 50)

    monkeypatch.setattr("vinculo.query_api.funnel.http.funnel_pipeline", too_slow)
    response = await get_funnel(client)

    assert response.status_code == 503
    assert response.json()["type"].endswith("query-too-slow")


async def test_repeating_a_step_does_not_move_it() -> None:
    person = await project_person(changed_application(1).events, record(1).events)

    assert person["application"]["activated_at"] == at(1 + 1)
    assert person["application"]["first_employment_at"] == at(1 + 2)


@given(st.lists(st.integers(0, 10**11), min_size=2, max_size=50))
def test_percentiles_of_buckets_approximate_those_of_durations(milliseconds: list[int]) -> None:
    seconds = [each / 1000 for each in milliseconds]
    buckets = Counter(bucket_of(each) for each in seconds)

    for share in (0.5, 0.95):
        exact = sorted(seconds)[-(-int(share * 100) * len(seconds) // 100) - 1]
        found = percentile(buckets, share)
        assert found is not None
        assert abs(found - exact) <= 0.025 * exact + 1e-5


def bucket_of(seconds: float) -> int:
    """The bucket whose middle is the nearest in proportion."""
    return min(range(700), key=lambda bucket: abs(_log(seconds_of(bucket)) - _log(seconds)))


def _log(seconds: float) -> float:
    return math.log(max(seconds, 0.0009))


def test_no_durations_have_no_percentile() -> None:
    assert percentile({}, 0.5) is None
