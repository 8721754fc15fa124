"""Periodic jobs: one process at a time, and a failure does not end the series."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.process import PeriodicJob
from vinculo.process.testing import captured_log_lines
from vinculo.testing.fixture_types import Eventually, NewDatabase


@pytest_asyncio.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await new_database(name="periodic"))
    yield engine
    await engine.dispose()


def failures(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("vinculo_periodic_job_failures_total", {"job": "sweep"})


async def test_a_job_is_repeated_after_a_failure(eventually: Eventually) -> None:
    registry, runs = CollectorRegistry(), 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("the first run fails")

    job = PeriodicJob(name="sweep", work=work, interval_seconds=0.001, registry=registry)
    running = asyncio.create_task(job.run())
    await eventually(lambda: runs >= 3)
    running.cancel()

    assert failures(registry) == 1
    seconds = registry.get_sample_value("vinculo_periodic_job_seconds_count", {"job": "sweep"})
    assert seconds is not None
    assert seconds >= 1


async def test_failures_are_exported_before_the_first_one() -> None:
    registry = CollectorRegistry()

    async def work() -> None:
        assert failures(registry) == 0

    job = PeriodicJob(name="sweep", work=work, interval_seconds=1, registry=registry)
    assert await job.run_once()


async def test_a_failure_is_logged_with_the_name_of_the_job() -> None:
    async def work() -> None:
        raise RuntimeError("canary")

    job = PeriodicJob(name="sweep", work=work, interval_seconds=1, registry=CollectorRegistry())
    with captured_log_lines("things") as lines:
        assert await job.run_once() is False

    (line,) = lines.all()
    assert (line["event"], line["job"]) == ("periodic-job-failed", "sweep")
    assert "canary" not in lines.text


@pytest.mark.servers
async def test_only_one_of_two_processes_works_at_a_time(engine: AsyncEngine) -> None:
    registry = CollectorRegistry()
    started, release = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        await release.wait()

    async def never() -> None:
        raise AssertionError("both work at the same time")

    first = PeriodicJob(
        name="sweep", work=work, interval_seconds=1, engine=engine, registry=registry
    )
    second = PeriodicJob(
        name="sweep", work=never, interval_seconds=1, engine=engine, registry=registry
    )
    running = asyncio.create_task(first.run_once())
    await started.wait()

    assert await second.run_once() is False
    release.set()
    assert await running is True
    assert failures(registry) == 0


@pytest.mark.servers
async def test_the_lock_is_released_after_a_failure(engine: AsyncEngine) -> None:
    registry, runs = CollectorRegistry(), 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("the first run fails")

    job = PeriodicJob(name="sweep", work=work, interval_seconds=1, engine=engine, registry=registry)

    assert await job.run_once() is False
    assert await job.run_once() is True
