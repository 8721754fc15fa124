"""The development SMS gateway stores posted messages as files and lists them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from vinculo.local.ports import free_ports
from vinculo.local.process import ChildProcess
from vinculo.local.servers.message_sinks import sms_gateway_spec, sms_url
from vinculo.simulation.inboxes import SmsInbox, SmsInboxNotConfiguredError

PHONE = "+573001234567"


@pytest_asyncio.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[str]:
    port = free_ports(["sms"])["sms"]
    async with AsyncExitStack() as exits:
        child = ChildProcess(
            await sms_gateway_spec(tmp_path / "sms", port=port), tmp_path / "sms.log"
        )
        child.start()
        exits.push_async_callback(child.stop)
        await child.wait_until_ready()
        yield sms_url(port)


async def test_a_posted_message_is_stored_as_a_file_and_listed(
    gateway: str, tmp_path: Path
) -> None:
    message = {"to": PHONE, "text": "Vínculo: 012345 es su código.", "message_id": "m"}
    async with httpx2.AsyncClient() as client:
        posted = await client.post(gateway, json=message)
        other = await client.post(gateway, json={"to": "+1", "text": "other"})

    assert (posted.status_code, other.status_code) == (202, 202)
    first, _ = sorted((tmp_path / "sms").glob("*.json"))
    assert json.loads(first.read_text(encoding="utf-8")) == message
    assert await SmsInbox(gateway).received_by(PHONE) == [message["text"]]
    assert await SmsInbox(gateway).wait_for_code(PHONE) == "012345"
    assert (tmp_path / "sms.log").read_text() == ""


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"to": 1, "text": "x"}', b"{}"])
async def test_an_invalid_message_is_rejected_and_not_stored(
    gateway: str, tmp_path: Path, body: bytes
) -> None:
    async with httpx2.AsyncClient() as client:
        response = await client.post(gateway, content=body)

    assert response.status_code == 400
    assert list((tmp_path / "sms").iterdir()) == []


async def test_concurrent_messages_are_all_stored(gateway: str, tmp_path: Path) -> None:
    async with httpx2.AsyncClient() as client:
        messages = [{"to": PHONE, "text": str(number)} for number in range(30)]
        responses = await asyncio.gather(*(client.post(gateway, json=each) for each in messages))

    assert {response.status_code for response in responses} == {202}
    assert len(list((tmp_path / "sms").glob("*.json"))) == 30


def test_without_an_address_there_is_no_sms_inbox() -> None:
    with pytest.raises(SmsInboxNotConfiguredError, match="VINCULO_SMS"):
        SmsInbox.from_environment({})
