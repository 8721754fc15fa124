"""The stand-in for an SMS gateway keeps what is posted as files, and lists it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from vinculo.local.child import Child
from vinculo.local.ports import free_ports
from vinculo.local.servers.sms import sms, url
from vinculo.simulation.texts import NoTextMessages, TextMessages

PHONE = "+573001234567"


@pytest_asyncio.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[str]:
    port = free_ports(["sms"])["sms"]
    async with AsyncExitStack() as exits:
        child = Child(await sms(tmp_path / "sms", port=port), tmp_path / "sms.log")
        child.start()
        exits.push_async_callback(child.stop)
        await child.wait_until_ready()
        yield url(port)


async def test_what_is_posted_becomes_a_file_and_is_listed(gateway: str, tmp_path: Path) -> None:
    message = {"to": PHONE, "text": "Vínculo: 012345 es su código.", "message_id": "m"}
    async with httpx2.AsyncClient() as client:
        posted = await client.post(gateway, json=message)
        other = await client.post(gateway, json={"to": "+1", "text": "other"})

    assert (posted.status_code, other.status_code) == (202, 202)
    first, _ = sorted((tmp_path / "sms").glob("*.json"))
    assert json.loads(first.read_text(encoding="utf-8")) == message
    assert await TextMessages(gateway).to(PHONE) == [message["text"]]
    assert await TextMessages(gateway).wait_for_code(PHONE) == "012345"
    assert (tmp_path / "sms.log").read_text() == ""


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"to": 1, "text": "x"}', b"{}"])
async def test_what_is_no_message_is_refused_and_not_kept(
    gateway: str, tmp_path: Path, body: bytes
) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.post(gateway, content=body)

    assert answer.status_code == 400
    assert list((tmp_path / "sms").iterdir()) == []


async def test_many_at_once_are_all_kept(gateway: str, tmp_path: Path) -> None:
    async with httpx2.AsyncClient() as client:
        messages = [{"to": PHONE, "text": str(number)} for number in range(30)]
        answers = await asyncio.gather(*(client.post(gateway, json=each) for each in messages))

    assert {answer.status_code for answer in answers} == {202}
    assert len(list((tmp_path / "sms").glob("*.json"))) == 30


def test_without_knowing_where_messages_are_there_are_none() -> None:
    with pytest.raises(NoTextMessages, match="VINCULO_SMS"):
        TextMessages.of({})
