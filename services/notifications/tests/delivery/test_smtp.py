"""E-mail messages, and what an SMTP server's replies mean."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from vinculo.notifications.delivery.smtp import (
    Security,
    SmtpServer,
    SmtpTransport,
    UnusableAddress,
    mime_message,
    usable_address,
)
from vinculo.notifications.delivery.transports import Email, PermanentFailure, TransientFailure
from vinculo.notifications.domain.message import FailureReason
from vinculo.notifications.rendering.render import RenderedEmail

from ..mail_servers import Behaviour, mail_server, silent_server

ANA = "ana@example.org"


def transport(port: int, security: Security = Security.AUTO, **login: str) -> SmtpTransport:
    return SmtpTransport(
        SmtpServer(host="127.0.0.1", port=port, security=security, **login),
        bounce_address="bounces@credito.example",
        timeout_seconds=0.5,
    )


def email(to: str = ANA) -> Email:
    message = mime_message(
        RenderedEmail(subject="Hola", text="Hola, Ana", html="<p>Hola, Ana</p>"),
        message_id=UUID(int=1),
        sender="Vínculo <no-reply@credito.example>",
        to=to,
        language="es",
        now=datetime(2026, 1, 1, tzinfo=UTC),
        smtputf8=True,
    )
    return Email(address=to, message=message)


async def test_an_accepted_message_was_sent() -> None:
    behaviour = Behaviour()

    async with mail_server(behaviour) as port:
        await transport(port).send(email())

    assert behaviour.accepted == [ANA]


async def test_undeliverable_mail_is_returned_to_the_bounce_address() -> None:
    behaviour = Behaviour()

    async with mail_server(behaviour) as port:
        await transport(port).send(email())

    assert behaviour.senders == ["bounces@credito.example"]
    assert email().message["From"] == "Vínculo <no-reply@credito.example>"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour(rcpt_replies={ANA: "550 5.1.1 unknown mailbox"}), FailureReason.ADDRESS_REFUSED),
        (Behaviour(data_reply="554 5.7.1 not wanted"), FailureReason.MESSAGE_REFUSED),
    ],
)
async def test_a_permanent_reply_is_a_permanent_failure(
    behaviour: Behaviour, reason: FailureReason
) -> None:
    async with mail_server(behaviour) as port:
        with pytest.raises(PermanentFailure) as refused:
            await transport(port).send(email())

    assert refused.value.reason is reason
    assert behaviour.accepted == []


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour(rcpt_replies={ANA: "450 4.2.1 try later"}), Behaviour(data_reply="451 4.3.0 busy")],
)
async def test_a_temporary_reply_is_a_transient_failure(behaviour: Behaviour) -> None:
    async with mail_server(behaviour) as port:
        with pytest.raises(TransientFailure):
            await transport(port).send(email())


async def test_an_unreachable_server_is_a_transient_failure() -> None:
    async with mail_server(Behaviour()) as port:
        pass

    with pytest.raises(TransientFailure):
        await transport(port).send(email())


async def test_a_silent_server_is_a_transient_failure_after_the_timeout() -> None:
    async with silent_server() as port:
        with pytest.raises(TransientFailure, match="Timeout"):
            await transport(port).send(email())


async def test_credentials_are_not_sent_without_tls() -> None:
    async with mail_server(Behaviour()) as port:
        with pytest.raises(TransientFailure):
            await transport(port, Security.STARTTLS, username="u", password="p").send(email())


NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
EMAIL = RenderedEmail(subject="Hola", text="Hola, Ana", html="<p>Hola, Ana</p>")


def test_every_attempt_has_the_same_message_id() -> None:
    first, second = (
        mime_message(
            EMAIL,
            message_id=UUID(int=5),
            sender="Vínculo <no-reply@credito.example>",
            to="ana@example.org",
            language="es",
            now=moment,
        )
        for moment in (NOW, NOW.replace(hour=23))
    )

    assert first["Message-ID"] == f"<{UUID(int=5)}@credito.example>"
    assert first["Message-ID"] == second["Message-ID"]
    assert [part.get_content_type() for part in first.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize(
    "address", ["", "nobody", "josé@example.org", "a b@example.org", "a@example.org\r\nBcc: b@c"]
)
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        mime_message(
            EMAIL,
            message_id=UUID(int=5),
            sender="no-reply@credito.example",
            to=address,
            language="es",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("ana@montaña.example", "ana@xn--montaa-0wa.example"),
        ("ana.r1@faß.example", "ana.r1@xn--fa-hia.example"),
        ("ana@example.org", "ana@example.org"),
    ],
)
def test_an_international_domain_is_written_by_idna_2008(address: str, usable: str) -> None:
    assert usable_address(address, smtputf8=False) == usable


def test_an_address_that_the_form_refuses_is_not_usable() -> None:
    with pytest.raises(UnusableAddress):
        usable_address("josé@example.org", smtputf8=False)
    with pytest.raises(UnusableAddress):
        usable_address("ana", smtputf8=True)


async def test_letters_before_the_at_sign_are_sent_to_a_server_with_smtputf8() -> None:
    behaviour = Behaviour(smtputf8=True)

    async with mail_server(behaviour) as port:
        await transport(port).send(email("josé@xn--fa-hia.example"))

    assert behaviour.accepted == ["josé@xn--fa-hia.example"]


async def test_letters_before_the_at_sign_are_a_refused_address_without_smtputf8() -> None:
    async with mail_server(Behaviour()) as port:
        with pytest.raises(PermanentFailure) as refused:
            await transport(port).send(email("josé@example.org"))

    assert refused.value.reason is FailureReason.ADDRESS_REFUSED
