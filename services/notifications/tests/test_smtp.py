"""What an SMTP server's answers mean for another attempt."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from vinculo.notifications.delivery.smtp import Security, SmtpServer, SmtpTransport, mime_message
from vinculo.notifications.delivery.transports import Email, PermanentFailure, TransientFailure
from vinculo.notifications.domain.message import FailureReason
from vinculo.notifications.rendering.render import RenderedEmail

from .mail_servers import Behaviour, mail_server, silent_server

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
    )
    return Email(address=to, message=message)


async def test_a_message_that_is_taken_was_sent() -> None:
    behaviour = Behaviour()

    async with mail_server(behaviour) as port:
        await transport(port).send(email())

    assert behaviour.taken == [ANA]


async def test_what_cannot_be_delivered_later_comes_back_to_the_bounce_address() -> None:
    behaviour = Behaviour()

    async with mail_server(behaviour) as port:
        await transport(port).send(email())

    assert behaviour.senders == ["bounces@credito.example"]
    assert email().message["From"] == "Vínculo <no-reply@credito.example>"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour(answers={ANA: "550 5.1.1 nobody here"}), FailureReason.ADDRESS_REFUSED),
        (Behaviour(data_answer="554 5.7.1 not wanted"), FailureReason.MESSAGE_REFUSED),
    ],
)
async def test_a_permanent_answer_is_for_good(behaviour: Behaviour, reason: FailureReason) -> None:
    async with mail_server(behaviour) as port:
        with pytest.raises(PermanentFailure) as refused:
            await transport(port).send(email())

    assert refused.value.reason is reason
    assert behaviour.taken == []


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour(answers={ANA: "450 4.2.1 try later"}), Behaviour(data_answer="451 4.3.0 busy")],
)
async def test_a_temporary_answer_is_not_for_good(behaviour: Behaviour) -> None:
    async with mail_server(behaviour) as port:
        with pytest.raises(TransientFailure):
            await transport(port).send(email())


async def test_a_server_that_is_away_is_not_for_good() -> None:
    async with mail_server(Behaviour()) as port:
        pass

    with pytest.raises(TransientFailure):
        await transport(port).send(email())


async def test_a_server_that_says_nothing_does_not_hold_the_message_for_ever() -> None:
    async with silent_server() as port:
        with pytest.raises(TransientFailure, match="Timeout"):
            await transport(port).send(email())


async def test_credentials_never_go_over_a_connection_without_tls() -> None:
    async with mail_server(Behaviour()) as port:
        with pytest.raises(TransientFailure):
            await transport(port, Security.STARTTLS, username="u", password="p").send(email())
