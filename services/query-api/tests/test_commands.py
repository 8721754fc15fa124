"""The commands as processes."""

import asyncio
import os
import re
import signal
import socket
import sys

import httpx2
import pytest

from vinculo.events import utc_now
from vinculo.process import settings_or_exit
from vinculo.query_api import commands
from vinculo.query_api.generations import collection_names, ensure_first_generation, read_pointer
from vinculo.query_api.main import migrate
from vinculo.query_api.settings import Settings
from vinculo.testing.fixture_types import Eventually, MakeBucket

from .projector_on_servers import PARTITIONS, Stage
from .told_events import life_of, person_id

RECORDS = sum(len(stream) for stream in life_of(0))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ({"QUERY_MONGO_URL": "mongodb://h/"}, "QUERY_MONGO_URL: .*expected mongodb://host:port/"),
        ({"QUERY_MONGO_DRIVER": "other"}, "QUERY_MONGO_DRIVER: "),
        ({"VINCULO_KEY_ENCRYPTION_KEY": "c2hvcnQ="}, "VINCULO_KEY_ENCRYPTION_KEY: .*32 bytes"),
        ({"VINCULO_TIME_ZONE": "Mars/Olympus"}, "VINCULO_TIME_ZONE: .*time zone such as"),
        ({}, "VINCULO_KEYRING_URL: missing"),
    ],
)
def test_a_bad_setting_is_one_readable_line(
    setting: dict[str, str],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        settings_or_exit(Settings)

    said = capsys.readouterr().err
    assert ended.value.code == 78
    assert len(said.splitlines()) == 1
    assert re.search(complaint, said)
    assert "c2hvcnQ=" not in said


@pytest.mark.servers
async def test_the_projector_tells_of_its_health_and_ends_on_sigterm(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(person_id(0))
    await on_servers.say(told for stream in life_of(0) for told in stream)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "projector", "--port", str(port)),
        env={**os.environ, **on_servers.environment},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def answers(path: str) -> str | None:
                try:
                    answer = await client.get(path)
                except httpx2.TransportError:
                    return None
                return answer.text if answer.status_code == 200 else None

            await eventually(lambda: answers("/health/ready"))
            await eventually(on_servers.shows_everything)

            async def counted() -> bool:
                metrics = await answers("/metrics") or ""
                applied = f'vinculo_projector_applied_events_total{{generation="1"}} {RECORDS}.0'
                lag = 'vinculo_projector_lag_records{generation="1"} 0.0'
                return applied in metrics and lag in metrics

            await eventually(counted)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.servers
async def test_migrating_makes_what_a_rebuild_then_fills(
    on_servers: Stage, bucket: MakeBucket
) -> None:
    s3 = bucket("exports")
    environment = {
        **on_servers.environment,
        "VINCULO_S3_URL": s3.url,
        "VINCULO_S3_ACCESS_KEY": s3.access_key,
        "VINCULO_S3_SECRET_KEY": s3.secret_key,
        "QUERY_EXPORTS_BUCKET": s3.bucket,
    }
    settings = Settings.model_validate({n.lower(): value for n, value in environment.items()})
    mongo = on_servers.parts.mongo
    await mongo.client.drop_database(mongo.database.name)
    await on_servers.make_keys(person_id(0))
    await on_servers.say(told for stream in life_of(0) for told in stream)

    await migrate(settings, utc_now())
    await migrate(settings, utc_now())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "rebuild", "--processes", "1"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()

    assert process.returncode == 0
    assert f"{RECORDS} of {RECORDS} records" in said.decode()
    assert await read_pointer(mongo.database) == "2"
    assert len(await on_servers.people()) == 1


@pytest.mark.servers
async def test_migrating_makes_an_index_anew_that_was_of_other_fields(on_servers: Stage) -> None:
    database = on_servers.parts.mongo.database
    people = database[collection_names(await ensure_first_generation(database, utc_now())).people]
    made = await people.index_information()
    await people.drop_index("by_phone")
    await people.create_index([("personal.phone", 1)], name="by_phone")

    await ensure_first_generation(database, utc_now())

    assert await people.index_information() == made


@pytest.mark.servers
async def test_operators_are_told_what_became_of_dead_letters(
    on_servers: Stage, capsys: pytest.CaptureFixture[str], eventually: Eventually
) -> None:
    settings = on_servers.parts.settings
    poisoned = life_of(0)[2][0]
    await on_servers.publish(poisoned, b"poison")
    place = f"{settings.vinculo_topic_prefix}{poisoned.topic}/{poisoned.subject.int % PARTITIONS}/0"
    async with on_servers.projecting():
        await eventually(lambda: on_servers.collection("quarantine"))

    assert await commands.list_dead_letters(settings) == 0
    assert await commands.replay(settings) == 1
    assert await commands.discard(settings, "a/0/1") == 1
    assert await commands.discard(settings, place) == 0
    assert await commands.discard(settings, place) == 0
    assert await commands.replay(settings) == 0

    said = capsys.readouterr()
    assert said.err == "a/0/1 is not among the dead letters\n"
    listed, first, failing, given, given_again, second = said.out.splitlines()[-6:]
    assert listed.startswith(f"{place}\t1\tvalue: not JSON")
    assert first == "generation 1: 0 streams released, 1 still quarantined"
    assert failing == f"  still fails: {place}"
    assert (given, given_again) == ("discarded", "discarded before")
    assert second == "generation 1: 1 streams released, 0 still quarantined"
