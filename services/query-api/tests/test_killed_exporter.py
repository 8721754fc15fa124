"""An exporter killed in the middle is taken over, and what it left is removed."""

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
from vinculo.query_api.exports.scratch import remove_abandoned, scratch_directory
from vinculo.query_api.exports.worker import sweep
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from .exports_on_servers import Stage, exporting, exports_on_servers
from .query_service import some_people

PEOPLE = some_people(50)


@pytest_asyncio.fixture
async def stage(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually, tmp_path: Path
) -> AsyncIterator[Stage]:
    async with exports_on_servers(
        mongo_url("query"), bucket("exports"), PEOPLE, eventually, query_exports_folder=tmp_path
    ) as stage:
        yield stage


@pytest.mark.servers
@pytest.mark.parametrize("point", ["exporter-mid-file", "exporter-after-upload"])
async def test_an_exporter_killed_at_any_point_is_taken_over(
    stage: Stage, tmp_path: Path, point: str
) -> None:
    export_id = await stage.ask(list="registrations")
    assert await exit_code(stage, point, tmp_path) == -signal.SIGKILL
    assert (await stage.job(export_id))["state"] == "running"

    work = stage.work(clock=lambda: utc_now() + 2 * LEASE)
    async with exporting(work):
        job = await stage.ended(export_id)
    await sweep(work)

    assert (job["state"], job["rows"]) == ("done", len(PEOPLE))
    assert await stage.files.names() == [f"{export_id}-2.csv"]
    assert names_in(tmp_path) == []
    assert len(await stage.audited("export-made")) == 1


async def exit_code(stage: Stage, crash_at: str, folder: Path) -> int:
    told = {**stage.environment, "VINCULO_CRASH_AT": crash_at, "QUERY_EXPORTS_FOLDER": str(folder)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "exporter", "--port", "0"),
        env={**os.environ, **told},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_a_folder_at_work_is_left_alone(tmp_path: Path) -> None:
    with scratch_directory(tmp_path) as folder:
        (folder / "rows").write_bytes(b"Ana")
        assert remove_abandoned(tmp_path) == 0
        assert folder.parent == tmp_path
        assert (folder / "rows").exists()

    assert names_in(tmp_path) == []


def test_a_folder_that_nobody_holds_is_removed(tmp_path: Path) -> None:
    abandoned = tmp_path / "vinculo-export-of-somebody-killed"
    abandoned.mkdir()
    (abandoned / "held").touch()
    (abandoned / "rows").write_bytes(b"Ana")
    (tmp_path / "another-program").mkdir()

    assert remove_abandoned(tmp_path) == 1
    assert names_in(tmp_path) == ["another-program"]


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]
