"""The streams of one generated person, to which the services' own deciders add the events."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.contracts import Facts, topics
from vinculo.contracts.credit import CreditApplicationReported
from vinculo.customer_registry.application.credit import key_of
from vinculo.customer_registry.consumers.credit_reports import recorded_report
from vinculo.customer_registry.domain.credit_decisions import RecordReport
from vinculo.customer_registry.evaluation.facts import Fact
from vinculo.customer_registry.storage.streams import CREDITS, credit_stream
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.events import Meta
from vinculo.eventstore import Category, StoredEvent
from vinculo.notifications.domain.message import NotificationTrigger
from vinculo.notifications.domain.message_decisions import QueueMessage, RecordSent
from vinculo.population.installation import Installation
from vinculo.population.person_generator import GeneratedPerson, time_ordered_id
from vinculo.population.reactions import CONSUMED_TOPICS, REACTING_SERVICES, reactions_to
from vinculo.privacy.envelopes import encrypt_envelope
from vinculo.simulation.credit_system import TYPES

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")

MINUTES_PER_DAY: Final = 24 * 60
ONBOARDING_MINUTES: Final = 12 * MINUTES_PER_DAY
AFTERWARDS_MINUTES: Final = 400 * MINUTES_PER_DAY
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class QuietCommandError(Exception):
    """A command that a lifecycle depends on led to no event."""


class CreditReport(NamedTuple):
    """An event of a credit system, which has no streams."""

    event_id: UUID
    subject: UUID
    state: Facts
    recorded_at: datetime

    @property
    def type(self) -> str:
        return TYPES[type(self.state)]

    @property
    def topic(self) -> str:
        is_application = isinstance(self.state, CreditApplicationReported)
        return topics.CREDIT_APPLICATIONS if is_application else topics.CREDIT_LOANS

    @property
    def source(self) -> str:
        return f"/{self.topic.replace('.', '/')}"


@dataclass(slots=True)
class _Stream:
    """`unfolded` are the events that `state` does not contain yet."""

    stream_id: str
    state: Any
    unfolded: list[Any] = field(default_factory=list)
    version: int = 0


class PersonStreams:
    """Time advances from step to step, faster for late registrations: it never passes `until`.

    `cipher` has the person's data key. `facts` and `completed_at` are what the registry knows.
    """

    def __init__(
        self,
        installation: Installation,
        person: GeneratedPerson,
        cipher: AESGCM,
        *,
        until: datetime,
        rng: random.Random,
    ) -> None:
        self.installation = installation
        self.person = person
        self.rng = rng
        self.events: list[StoredEvent | CreditReport] = []
        self.facts: dict[str, Fact] = {}
        self.completed_at: datetime | None = None
        self._cipher = cipher
        self._until = until
        self._person_id = person.person_id
        self._meta = Meta(correlation_id=str(person.person_id))
        self._streams: dict[str | UUID, _Stream] = {}
        self._onboarding_events: int | None = None
        self._set_time(person.registered_at)
        self._pace = self._pace_for(ONBOARDING_MINUTES)

    def end_onboarding(self) -> None:
        """All further events happen in the months after the onboarding."""
        self._onboarding_events = len(self.events)
        self._pace = self._pace_for(AFTERWARDS_MINUTES)

    @property
    def onboarding_events(self) -> Sequence[StoredEvent | CreditReport]:
        return self.events[: self._onboarding_events]

    @property
    def later_events(self) -> Sequence[StoredEvent | CreditReport]:
        """The events after the onboarding."""
        return self.events[len(self.onboarding_events) :]

    def advance(self, max_minutes: float) -> datetime:
        """Advance the time at random; the new time."""
        minutes = max_minutes * self._pace * (0.05 + 0.95 * self.rng.random())
        self._set_time(self.now + timedelta(minutes=minutes))
        return self.now

    def new_id(self) -> UUID:
        return time_ordered_id(self._milliseconds, self.rng)

    def state_of(self, category: Category[Command, State, Event]) -> State:
        """The state of the person's own stream of the category."""
        return _fold(category, self._stream(category, None))

    def handle(
        self,
        category: Category[Command, State, Event],
        command: Command,
        *,
        stream_id: UUID | None = None,
    ) -> None:
        """Add the events of the command and those of the other services' reactions.

        The stream is the person's own unless `stream_id` names another.

        Raises:
            QuietCommandError: the command led to no event.

        """
        if not self._execute(category, command, stream_id):
            raise QuietCommandError(f"{type(command).__name__} led to no event")

    def report(self, state: Facts) -> None:
        """Add a report of a credit system, and what the registry records of it."""
        report = CreditReport(self.new_id(), self.person.person_id, state, self.now)
        self.events.append(report)
        recorded = recorded_report(
            state, report=report.type.rpartition(".")[0], source=report.source, time=self.now
        )
        stream_id = credit_stream(key_of(recorded), self._person_id)
        self.handle(CREDITS, RecordReport(recorded), stream_id=stream_id)

    def _execute(
        self,
        category: Category[Command, State, Event],
        command: Command,
        stream_id: UUID | None = None,
    ) -> bool:
        """Whether there were events."""
        stream = self._stream(category, stream_id)
        events = category.decider.decide(command, _fold(category, stream))
        added = [self._append(category, stream, event) for event in events]
        for event in added:
            if event.type in REACTING_SERVICES:
                self._react(CONSUMED_TOPICS[category.name], event)
        return bool(added)

    def _append(
        self, category: Category[Command, State, Event], stream: _Stream, event: Event
    ) -> StoredEvent:
        stream.unfolded.append(event)
        stream.version += 1
        encoded, event_id = category.codec.encode(event), self.new_id()
        added = StoredEvent(
            event_id=event_id,
            stream_id=stream.stream_id,
            subject=self._person_id,
            version=stream.version,
            type=encoded.type,
            data=encoded.data,
            personal=None
            if encoded.personal is None
            else encrypt_envelope(self._cipher, self._person_id, event_id, encoded.personal),
            meta=self._meta,
            recorded_at=self.now,
        )
        self.events.append(added)
        return added

    def _react(self, topic: str, event: StoredEvent) -> None:
        sets, services = self.installation.requirement_sets, REACTING_SERVICES[event.type]
        reactions = reactions_to(event, topic, sets, services)
        self.facts |= reactions.facts
        self.completed_at = reactions.completed_at or self.completed_at
        if reactions.dossier is not None:
            self._execute(DOSSIERS, reactions.dossier)
        if reactions.application is not None:
            self._execute(self.installation.applications, reactions.application)
        if reactions.message is not None:
            self._send(reactions.message)

    def _send(self, trigger: NotificationTrigger) -> None:
        queued = QueueMessage(
            template=trigger.template,
            locale=self.person.locale,
            cause_event_id=trigger.cause_event_id,
            now=self.now,
        )
        message_id = trigger.message_id
        for command in (queued, RecordSent(attempts=1, now=self.now)):
            self.handle(self.installation.messages, command, stream_id=message_id)

    def _stream(self, category: Category[Command, State, Event], stream_id: UUID | None) -> _Stream:
        key = stream_id or category.name
        stream = self._streams.get(key)
        if stream is None:
            name = category.stream_id(stream_id or self.person.person_id)
            stream = self._streams[key] = _Stream(name, category.decider.initial)
        return stream

    def _set_time(self, time: datetime) -> None:
        self._milliseconds = (time - EPOCH) // timedelta(milliseconds=1)
        self.now = EPOCH + timedelta(milliseconds=self._milliseconds)

    def _pace_for(self, max_minutes: float) -> float:
        left = (self._until - self.now) / timedelta(minutes=1)
        return max(0.0, min(1.0, left / max_minutes))


def _fold(category: Category[Command, State, Event], stream: _Stream) -> State:
    """The state after all events; computed only when it is needed."""
    state: State = stream.state
    for event in stream.unfolded:
        state = category.decider.evolve(state, event)
    stream.unfolded.clear()
    stream.state = state
    return state
