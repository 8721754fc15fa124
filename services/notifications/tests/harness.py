"""The service's parts on a real database, with recording transports and a clock of the test.

Events are applied and deliveries attempted when a test calls for it; no loop runs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.eventstore.tables import events
from vinculo.messaging import Apply, ConsumedEvent
from vinculo.notifications.application.contacts import ContactReader
from vinculo.notifications.application.message_history import MessageHistory
from vinculo.notifications.application.message_queue import MessageQueue
from vinculo.notifications.application.reminders import Reminders
from vinculo.notifications.consumers.consumer import EventHandler
from vinculo.notifications.delivery.budgets import COLLECTED_AT_MOST, RecipientBudgets
from vinculo.notifications.delivery.delivery import MessageDelivery
from vinculo.notifications.delivery.message_builder import MessageBuilder
from vinculo.notifications.delivery.metrics import delivery_metrics
from vinculo.notifications.delivery.transports import (
    Email,
    ShortMessage,
)
from vinculo.notifications.domain.message import Template
from vinculo.notifications.domain.message_budget import Budget, BudgetPurpose
from vinculo.notifications.rendering.context import ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.render import Renderer
from vinculo.notifications.storage.deliveries import claim_due
from vinculo.notifications.storage.tables import metadata
from vinculo.privacy import KeyRing
from vinculo.process import Backoff
from vinculo.testing.fixture_types import NewDatabase
from vinculo.translation import load_catalogue

from .incoming_events import NOW

LINK_KEY = b"l" * 32
KEY_ENCRYPTION_KEY = b"k" * 32
APP_URL = "https://credito.example"
CONSOLE_URL = "https://vinculo.example/console"
SENDER = "Vínculo <no-reply@credito.example>"
LEASE = timedelta(minutes=2)
BACKOFF = Backoff(initial_seconds=10, max_seconds=60)
MAX_ATTEMPTS = 3
DAY = timedelta(days=1)
DOCUMENT_INTERVAL = timedelta(minutes=10)
BUDGETS = {
    BudgetPurpose.UNVERIFIED: Budget(messages=3, interval=timedelta(hours=1), window=DAY),
    BudgetPurpose.RESETS: Budget(messages=3, interval=timedelta(minutes=10), window=DAY),
    BudgetPurpose.NOTICES: Budget(messages=3, interval=timedelta(hours=6), window=DAY),
    BudgetPurpose.CODES: Budget(messages=5, interval=timedelta(minutes=2), window=DAY),
    BudgetPurpose.DOCUMENTS: Budget(messages=0, interval=DOCUMENT_INTERVAL, window=DAY),
}

migrate_notifications = partial(migrate, package="vinculo.notifications")
migrate_keyring = partial(migrate, package="vinculo.privacy")


class RecordedEmails:
    """A transport that records e-mails, or raises the next of `failures`."""

    def __init__(self) -> None:
        self.messages: list[Email] = []
        self.failures: list[Exception] = []

    async def send(self, email: Email) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.messages.append(email)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Addresses and subjects."""
        return [(each.address, str(each.message["Subject"])) for each in self.messages]

    @property
    def last_text(self) -> str:
        return self._last_part("plain")

    @property
    def last_html(self) -> str:
        return self._last_part("html")

    def _last_part(self, subtype: str) -> str:
        body = self.messages[-1].message.get_body((subtype,))
        assert body is not None
        return str(body.get_content())


class RecordedSms:
    """A transport that records short messages."""

    def __init__(self) -> None:
        self.messages: list[ShortMessage] = []

    async def send(self, message: ShortMessage) -> None:
        self.messages.append(message)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Phone numbers and texts."""
        return [(each.phone, each.text) for each in self.messages]


@dataclass(kw_only=True)
class Harness:
    store: PostgresEventStore
    keyring: KeyRing
    emails: RecordedEmails = field(default_factory=RecordedEmails)
    sms: RecordedSms = field(default_factory=RecordedSms)
    now: datetime = NOW
    wakes: list[datetime] = field(default_factory=list)
    disabled_templates: frozenset[Template] = frozenset()
    languages: tuple[str, ...] = ("es", "en")
    collected_at_most: int = COLLECTED_AT_MOST
    idle_times: tuple[timedelta, ...] = (timedelta(days=2), timedelta(days=7))

    def clock(self) -> datetime:
        return self.now

    @property
    def queue(self) -> MessageQueue:
        return MessageQueue(
            self.store,
            clock=self.clock,
            disabled_templates=self.disabled_templates,
            max_age=timedelta(days=14),
        )

    @property
    def history(self) -> MessageHistory:
        return MessageHistory(store=self.store, queue=self.queue, clock=self.clock)

    @property
    def reminders(self) -> Reminders:
        return Reminders(
            store=self.store,
            queue=self.queue,
            idle_times=self.idle_times,
            on_queued=lambda: self.wakes.append(self.now),
            clock=self.clock,
        )

    @property
    def apply(self) -> Apply:
        return EventHandler(
            self.queue,
            self.keyring,
            languages=self.languages,
            on_queued=lambda: self.wakes.append(self.now),
        ).apply

    @property
    def delivery(self) -> MessageDelivery:
        catalogue = load_catalogue("vinculo.notifications")
        builder = MessageBuilder(
            contacts=ContactReader(self.keyring),
            contexts=ContextBuilder(
                link_key=LINK_KEY,
                app_url=APP_URL,
                console_url=CONSOLE_URL,
                labels=Labels(catalogue, ZoneInfo("America/Bogota")),
            ),
            renderer=Renderer(brand="Vínculo", languages=catalogue.languages),
            sender=SENDER,
            clock=self.clock,
        )
        return MessageDelivery(
            store=self.store,
            builder=builder,
            budgets=RecipientBudgets(
                engine=self.store.engine,
                budgets=BUDGETS,
                hash_key=LINK_KEY,
                lease=LEASE,
                clock=self.clock,
                collected_at_most=self.collected_at_most,
            ),
            email=self.emails,
            sms=self.sms,
            backoff=BACKOFF,
            max_attempts=MAX_ATTEMPTS,
            metrics=delivery_metrics(),
            clock=self.clock,
        )

    async def receive(self, *batch: ConsumedEvent) -> None:
        async with self.store.transaction() as connection:
            await self.apply(connection, batch)

    async def deliver_due(self) -> int:
        async with self.store.engine.begin() as connection:
            claimed = await claim_due(connection, now=self.now, lease=LEASE, limit=100)
        for delivery in claimed:
            await self.delivery.deliver(delivery)
        return len(claimed)

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        async with self.store.engine.connect() as connection:
            found = await connection.execute(
                select(events.c.type, events.c.data).order_by(events.c.recorded_at)
            )
            return [(type_, data) for type_, data in found]

    async def event_types(self) -> list[str]:
        return [type_ for type_, _ in await self.events()]

    async def everything_stored(self) -> str:
        rows: list[str] = []
        async with self.store.engine.connect() as connection:
            for table in (events, *metadata.sorted_tables):
                rows.extend(str(row) for row in await connection.execute(select(table)))
        return "\n".join(rows)


@asynccontextmanager
async def harness_on(new_database: NewDatabase) -> AsyncIterator[Harness]:
    engine = create_engine(await new_database(migrate_notifications, "notifications"))
    keyring_engine = create_engine(await new_database(migrate_keyring, "keyring"), 2)
    try:
        yield Harness(
            store=PostgresEventStore(engine), keyring=KeyRing(keyring_engine, KEY_ENCRYPTION_KEY)
        )
    finally:
        await engine.dispose()
        await keyring_engine.dispose()
