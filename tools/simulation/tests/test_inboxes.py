"""Mails read from the files of the mail server and from Mailpit."""

from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from vinculo.simulation.inboxes import Mailbox, MailboxNotConfiguredError, MailFolder, Mailpit
from vinculo.simulation.polling import WaitTimeoutError

from .stub_system import StubSystem, store_mail

LINK_ID = uuid4()


async def test_the_newest_activation_link_of_an_address_is_used(tmp_path: Path) -> None:
    other, newest = uuid4(), uuid4()
    store_mail(tmp_path, "luz@correo.example", f"/activate#{other}.x", 1)
    store_mail(tmp_path, "ana@correo.example", f"/activate#{uuid4()}.old", 2)
    mails = Mailbox(MailFolder(tmp_path), timeout_seconds=0)

    await mails.wait_for_link("ANA@correo.example")
    store_mail(tmp_path, "ana@correo.example", f"/activate#{newest}.new", 3)
    store_mail(tmp_path, "ana@correo.example", "no link", 4)

    assert (await mails.wait_for_link("ana@correo.example")).link_id == newest
    assert len(await mails.mails_to("ana@correo.example")) == 3
    with pytest.raises(WaitTimeoutError, match="unknown"):
        await mails.wait_for("unknown@correo.example")


def test_without_a_configured_source_there_is_no_mailbox() -> None:
    with pytest.raises(MailboxNotConfiguredError, match="VINCULO_MAIL_DIR"):
        Mailbox.from_environment({})


async def test_mailpit_is_read_over_http() -> None:
    system = StubSystem().on(
        "GET /api/v1/search",
        200,
        {"messages": [{"ID": "b", "Subject": "Second"}, {"ID": "a", "Subject": "First"}]},
    )
    system.on("GET /api/v1/message/a", 200, {"Text": f"/activate#{LINK_ID}.token"})
    system.on("GET /api/v1/message/b", 200, {"Text": "no link"})
    mailpit = Mailpit("http://mailpit", httpx2.MockTransport(system.respond))

    link = await Mailbox(mailpit).wait_for_link("ana@correo.example")

    assert link.link_id == LINK_ID
    assert [mail.subject for mail in await mailpit.received_by("ana@correo.example")] == [
        "First",
        "Second",
    ]
    assert system.requests[0].url.params["query"] == 'to:"ana@correo.example"'
