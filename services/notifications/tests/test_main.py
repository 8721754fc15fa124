"""The worker process on real servers: from Kafka to the mail server and back to Kafka."""

import asyncio
import base64
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]
from sqlalchemy import select

from vinculo.contracts import topics
from vinculo.eventstore import create_engine
from vinculo.messaging import ConsumedEvent
from vinculo.notifications.storage.tables import deliveries
from vinculo.privacy import KeyRing
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase
from vinculo.testing.mailbox import MailBox

from .harness import (
    APP_URL,
    KEY_ENCRYPTION_KEY,
    LINK_KEY,
    migrate_keyring,
    migrate_notifications,
)
from .incoming_events import Person
from .mail_servers import Behaviour, mail_server
from .sms_gateways import sms_gateway

pytestmark = pytest.mark.servers

OTHER_TOPICS = (
    topics.ONBOARDING_APPLICATIONS,
    topics.ONBOARDING_DOCUMENT_CLAIMS,
    topics.ONBOARDING_STAFF,
    topics.DOCUMENTS_DOSSIERS,
    topics.CUSTOMER_REGISTRY_CUSTOMERS,
    topics.dead_letters("notifications"),
)


class Deployment:
    """Starts workers, publishes events to them and reads their messages."""

    def __init__(self, environment: dict[str, str], keyring: KeyRing, log: Path) -> None:
        self.environment = environment
        self.keyring = keyring
        self.log = log
        self.port = 0
        self.prefix = environment["VINCULO_TOPIC_PREFIX"]

    @asynccontextmanager
    async def worker(
        self, eventually: Eventually, **changed: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        self.port = port = free_port()
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "vinculo.notifications", "worker", "--port", str(port)),
                env={**self.environment, **changed},
                stdout=log,
                stderr=log,
            )
        try:

            async def is_up() -> bool:
                return process.returncode is not None or await is_ready(port)

            await eventually(is_up, 30)
            assert process.returncode is None, self.log.read_text(encoding="utf-8")
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), 30)

    async def publish(self, *events: ConsumedEvent) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.environment["VINCULO_KAFKA"])
        await producer.start()
        try:
            for event in events:
                await producer.send_and_wait(
                    f"{self.prefix}{event.topic}",
                    key=event.raw.key,
                    value=event.raw.value,
                    headers=list(event.raw.headers),
                )
        finally:
            await producer.stop()

    async def published(self, count: int) -> list[tuple[str, dict[str, object]]]:
        """Type and value of the first `count` records of messages."""
        consumer = AIOKafkaConsumer(
            f"{self.prefix}{topics.NOTIFICATIONS_MESSAGES}",
            bootstrap_servers=self.environment["VINCULO_KAFKA"],
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            async with asyncio.timeout(30):
                records = [await consumer.getone() for _ in range(count)]
        finally:
            await consumer.stop()
        return [
            (dict(record.headers)["ce_type"].decode(), json.loads(record.value))
            for record in records
        ]

    async def states(self) -> list[tuple[str, str | None]]:
        engine = create_engine(self.environment["NOTIFICATIONS_DATABASE_URL"], 1)
        try:
            async with engine.connect() as connection:
                rows = await connection.execute(
                    select(deliveries.c.state, deliveries.c.reason_code)
                )
                return [(row.state, row.reason_code) for row in rows]
        finally:
            await engine.dispose()


@pytest_asyncio.fixture
async def deployment(
    new_database: NewDatabase,
    kafka: str,
    make_topics: MakeTopics,
    mail: MailBox,
    tmp_path: Path,
) -> AsyncIterator[Deployment]:
    messages, *_ = await make_topics(topics.NOTIFICATIONS_MESSAGES, *OTHER_TOPICS)
    keyring_url = await new_database(migrate_keyring, "keyring")
    engine = create_engine(keyring_url, 2)
    environment = {
        "PATH": os.environ["PATH"],
        "NOTIFICATIONS_DATABASE_URL": await new_database(migrate_notifications, "notifications"),
        "NOTIFICATIONS_INITIAL_BACKOFF_SECONDS": "0.2",
        "NOTIFICATIONS_MAX_BACKOFF_SECONDS": "0.5",
        "NOTIFICATIONS_REMINDER_IDLE_DAYS": "",
        "NOTIFICATIONS_SMTP_TIMEOUT_SECONDS": "1",
        "NOTIFICATIONS_SMS_TIMEOUT_SECONDS": "1",
        "NOTIFICATIONS_LEASE_SECONDS": "1.5",
        "VINCULO_KAFKA": kafka,
        "VINCULO_TOPIC_PREFIX": messages.removesuffix(topics.NOTIFICATIONS_MESSAGES),
        "VINCULO_SESSION_TIMEOUT_MS": "2000",
        "VINCULO_KEYRING_URL": keyring_url,
        "VINCULO_KEY_ENCRYPTION_KEY": base64.b64encode(KEY_ENCRYPTION_KEY).decode(),
        "VINCULO_S3_ACCESS_KEY": "unused",
        "VINCULO_S3_SECRET_KEY": "unused",
        "VINCULO_ERASURES_BUCKET": "",
        "VINCULO_LINK_KEY": base64.b64encode(LINK_KEY).decode(),
        "VINCULO_APP_URL": APP_URL,
        "VINCULO_SMTP": mail.address,
    }
    yield Deployment(environment, KeyRing(engine, KEY_ENCRYPTION_KEY), tmp_path / "worker.log")
    await engine.dispose()


async def test_an_event_received_twice_is_mailed_once_and_published(
    deployment: Deployment, eventually: Eventually, mail: MailBox
) -> None:
    ana = Person(email=f"{deployment.prefix}ana@example.org", at=real_now())
    started, link = await ana.started(deployment.keyring), ana.link_issued(at=real_now())
    after = ana.repeated()

    async with deployment.worker(eventually):
        await deployment.publish(started, link, started, link, after)
        await mail.wait_for(ana.email, "Alguien")
        published = await deployment.published(4)

    activations = [m for m in mail.all(ana.email) if "Active su cuenta" in str(m["Subject"])]
    assert len(activations) == 1
    assert sorted(type_ for type_, _ in published) == [
        "vinculo.notifications.message-queued.v1",
        "vinculo.notifications.message-queued.v1",
        "vinculo.notifications.message-sent.v1",
        "vinculo.notifications.message-sent.v1",
    ]
    assert ana.email not in json.dumps([value for _, value in published])
    assert ana.email not in deployment.log.read_text(encoding="utf-8")


async def test_mail_is_sent_once_the_server_is_back_and_the_worker_stays_ready(
    deployment: Deployment, eventually: Eventually
) -> None:
    ana = Person(email="ana@example.org")
    behaviour, port = Behaviour(), free_port()

    async with deployment.worker(eventually, VINCULO_SMTP=f"smtp://127.0.0.1:{port}"):
        await deployment.publish(
            await ana.started(deployment.keyring), ana.link_issued(at=real_now())
        )

        async def is_scheduled_again() -> bool:
            return [state for state, _ in await deployment.states()] == ["due"]

        await eventually(is_scheduled_again)

        async def metric_shows_the_server_down() -> bool:
            shown = await get(deployment.port, "/metrics")
            return b"\nnotifications_smtp_server_up 0.0\n" in shown

        await eventually(metric_shows_the_server_down)
        assert await is_ready(deployment.port)
        async with mail_server(behaviour, port):
            await eventually(lambda: behaviour.accepted == [ana.email])
            published = await deployment.published(2)

    assert published[-1][0] == "vinculo.notifications.message-sent.v1"


async def test_a_refused_address_fails_and_does_not_delay_others(
    deployment: Deployment, eventually: Eventually
) -> None:
    bad, good = Person(email="bad@example.org"), Person(email="good@example.org")
    behaviour = Behaviour(rcpt_replies={bad.email: "550 5.1.1 unknown mailbox"})

    async with (
        mail_server(behaviour) as port,
        deployment.worker(eventually, VINCULO_SMTP=f"smtp://127.0.0.1:{port}"),
    ):
        for person in (bad, good):
            await deployment.publish(
                await person.started(deployment.keyring), person.link_issued(at=real_now())
            )
        await eventually(lambda: behaviour.accepted == [good.email])

        async def both_ended() -> bool:
            return set(await deployment.states()) == {
                ("failed", "address_refused"),
                ("sent", None),
            }

        await eventually(both_ended)


async def test_a_code_goes_to_the_gateway_and_a_rejection_to_the_mail_server(
    deployment: Deployment, eventually: Eventually, mail: MailBox
) -> None:
    ana = Person(email=f"{deployment.prefix}ana@example.org", at=real_now())

    async with (
        sms_gateway() as gateway,
        deployment.worker(
            eventually,
            VINCULO_SMS=gateway.url,
            NOTIFICATIONS_SMS_TIMEOUT_SECONDS="20",
            NOTIFICATIONS_SMTP_TIMEOUT_SECONDS="20",
            NOTIFICATIONS_LEASE_SECONDS="30",
            NOTIFICATIONS_DOCUMENT_INTERVAL_SECONDS="0.5",
        ),
    ):
        await deployment.publish(
            await ana.started(deployment.keyring),
            ana.phone_code_issued(),
            await ana.document_rejected(deployment.keyring),
        )
        await eventually(lambda: len(gateway.requests) == 1, 40)
        rejected = await mail.wait_for(ana.email, "documentos")
        published = await deployment.published(4)

    (request,) = gateway.requests
    assert request.body["to"] == ana.phone
    assert rejected["Message-ID"]
    channels = {value["channel"] for _, value in published if "channel" in value}
    assert channels == {"sms", "email"}
    visible = json.dumps([value for _, value in published]) + deployment.log.read_text("utf-8")
    code = request.body["text"].split()[1]
    for secret in (ana.phone, ana.email, code):
        assert secret not in visible


async def test_the_worker_sends_reminders(
    deployment: Deployment, eventually: Eventually, mail: MailBox
) -> None:
    ana = Person(email=f"{deployment.prefix}ana@example.org", at=real_now() - timedelta(days=3))

    async with deployment.worker(
        eventually,
        NOTIFICATIONS_REMINDER_IDLE_DAYS="2,7",
        NOTIFICATIONS_REMINDER_SWEEP_SECONDS="0.2",
    ):
        await deployment.publish(await ana.started(deployment.keyring))
        reminder = await mail.wait_for(ana.email, "registro")

    assert "Activar su cuenta" in str(reminder.get_body(("plain",)))


async def test_a_crash_between_sending_and_recording_sends_again_under_the_same_id(
    deployment: Deployment, eventually: Eventually, mail: MailBox
) -> None:
    ana = Person(email=f"{deployment.prefix}ana@example.org")
    events = await ana.started(deployment.keyring), ana.link_issued(at=real_now())

    async with deployment.worker(
        eventually, VINCULO_CRASH_AT="notifications-after-send"
    ) as process:
        await deployment.publish(*events)
        assert await asyncio.wait_for(process.wait(), 30) == -signal.SIGKILL
    async with deployment.worker(eventually):

        def twice() -> list[EmailMessage] | None:
            received = mail.all(ana.email)
            return received if len(received) > 1 else None

        received = await eventually(twice)
        published = await deployment.published(2)

    assert received is not None
    assert len({message["Message-ID"] for message in received}) == 1
    assert [value.get("attempts") for _, value in published] == [None, 2]


async def is_ready(port: int) -> bool:
    return (await get(port, "/health/ready")).startswith(b"HTTP/1.1 200")


async def get(port: int, path: str) -> bytes:
    """The whole response; empty when the port is closed."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    writer.write(request.encode())
    response = await reader.read()
    writer.close()
    return response


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def real_now() -> datetime:
    """The clock of the worker; a link issued at `NOW` would have expired."""
    return datetime.now(UTC)
