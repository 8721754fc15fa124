"""The job of a killed worker is taken over, and what the worker left is removed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from vinculo.events import utc_now
from vinculo.query_api.exports.job_queue import LEASE
from vinculo.query_api.exports.worker import sweep
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from ..query_service import make_people
from .export_harness import ExportHarness, export_harness, running_worker

PEOPLE = make_people(50)


@pytest_asyncio.fixture
async def harness(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually, tmp_path: Path
) -> AsyncIterator[ExportHarness]:
    async with export_harness(
        mongo_url("query"), bucket("exports"), PEOPLE, eventually, query_exports_folder=tmp_path
    ) as harness:
        yield harness


@pytest.mark.servers
@pytest.mark.parametrize("point", ["exporter-mid-file", "exporter-after-upload"])
async def test_the_job_of_a_worker_killed_at_any_point_is_taken_over(
    harness: ExportHarness, tmp_path: Path, point: str
) -> None:
    export_id = await harness.request(list="registrations")
    assert await exit_code(harness, point, tmp_path) == -signal.SIGKILL
    assert (await harness.job(export_id))["state"] == "running"

    worker = harness.worker(clock=lambda: utc_now() + 2 * LEASE)
    async with running_worker(worker):
        job = await harness.wait_until_ended(export_id)
    await sweep(worker)

    assert (job["state"], job["rows"]) == ("done", len(PEOPLE))
    assert await harness.files.names() == [f"{export_id}-2.csv"]
    assert names_in(tmp_path) == []
    assert len(await harness.audit_entries("export-made")) == 1


async def exit_code(harness: ExportHarness, crash_at: str, folder: Path) -> int:
    environment = {
        **harness.environment,
        "VINCULO_CRASH_AT": crash_at,
        "QUERY_EXPORTS_FOLDER": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "exporter", "--port", "0"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]
