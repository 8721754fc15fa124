"""A mistyped address that does not exist ends the registration, which can be repeated at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from vinculo.simulation.gateway_client import RequestRefused
from vinculo.testing.waiting import eventually

from .system_harness import Document, SystemHarness

WORKER = "notifications-worker"


class RefusingServer:
    """Refuses one recipient for good, and any other for now."""

    def __init__(self, refused: str) -> None:
        self._refused = refused

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        return "550 No such mailbox" if address == self._refused else "450 Try later"


@asynccontextmanager
async def mail_server_without(harness: SystemHarness, address: str) -> AsyncIterator[None]:
    """Let the system send mails to a server that has no mailbox of this address."""
    loop = asyncio.get_running_loop()
    handler = RefusingServer(address)
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await harness.system.restart(WORKER, {"VINCULO_SMTP": f"smtp://127.0.0.1:{port}"})
        try:
            yield
        finally:
            await harness.system.restart(WORKER)


async def test_a_registration_whose_mail_is_refused_ends_and_is_repeated(
    harness: SystemHarness,
) -> None:
    mistyped = harness.applicant(email="nadie.con.este.correo@example.com")
    document = {
        "document_type": mistyped.person.document_type,
        "document_number": mistyped.person.document_number,
    }
    async with mail_server_without(harness, mistyped.person.email):
        registered = await mistyped.register()
        row = (await eventually(lambda: undeliverable(harness), timeout=60))[0]

    assert (row["name"], row["email"]) == ("", "")
    timeline = await harness.operator.timeline(UUID(row["person_id"]))
    failed = [each for each in timeline["items"] if each["type"] == "message-failed.v1"]
    assert [each["facts"]["reason_code"] for each in failed] == ["address_refused"]
    resent = await harness.gateway.call(
        "POST",
        f"/onboarding/v1/registrations/{registered.body['registration_id']}/activation-emails",
        json={"password": mistyped.person.password},
    )
    assert (resent.status, resent.body) == (202, {})

    applicant = harness.applicant(**document)
    await applicant.register()
    await applicant.activate()

    assert str(applicant.person_id) == row["person_id"]
    with pytest.raises(RequestRefused):
        await mistyped.sign_in()

    async def none_left() -> bool:
        return not await undeliverable(harness)

    await eventually(none_left, timeout=60)


async def undeliverable(harness: SystemHarness) -> list[Document]:
    rows = (await harness.operator.rows("registrations", concern="undeliverable"))["items"]
    return list(rows)
