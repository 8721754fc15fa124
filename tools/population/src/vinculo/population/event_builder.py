"""Builds the events of one person, with their times, streams and versions.

Ids and times are kept as text, because each of a person's eighteen events needs several.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from vinculo.population.person_generator import GeneratedPerson, time_ordered_id

ONBOARDING_MINUTES: Final = 12 * 24 * 60
AFTERWARDS_MINUTES: Final = 400 * 24 * 60
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class DraftEvent(NamedTuple):
    """`personal` is not encrypted yet. Delayed events are sent a month after the others."""

    category: str
    stream: str
    version: int
    type: str
    event_id: str
    time: str
    facts: dict[str, Any]
    personal: dict[str, Any] | None
    is_delayed: bool


class EventBuilder:
    """Time advances from event to event, faster for late registrations: it never passes `until`."""

    def __init__(self, person: GeneratedPerson, until: datetime, rng: random.Random) -> None:
        self.person = person
        self.rng = rng
        self.events: list[DraftEvent] = []
        self._until = until
        self._versions: dict[str, int] = {}
        self._is_delayed = False
        self._set_time(person.registered_at)
        self._pace = self._pace_for(ONBOARDING_MINUTES)

    def end_onboarding(self) -> None:
        """All further events happen in the months after the onboarding."""
        self._is_delayed = True
        self._pace = self._pace_for(AFTERWARDS_MINUTES)

    def advance(self, max_minutes: float) -> str:
        """Advance the time at random; the new time as text."""
        minutes = max_minutes * self._pace * (0.05 + 0.95 * self.rng.random())
        self._set_time(self.now + timedelta(minutes=minutes))
        return self.time

    def new_id(self) -> str:
        return time_ordered_id(self._milliseconds, self.rng)

    def emit(
        self,
        category: str,
        type_: str,
        facts: dict[str, Any],
        *,
        personal: dict[str, Any] | None = None,
        stream: str | None = None,
    ) -> str:
        """Add an event to the person's stream of the category, or to `stream`; its id."""
        key = stream or category
        version = self._versions[key] = self._versions.get(key, 0) + 1
        event_id = time_ordered_id(self._milliseconds, self.rng)
        self.events.append(
            DraftEvent(
                category,
                stream or self.person.id_text,
                version,
                type_,
                event_id,
                self._header_time,
                facts,
                personal,
                self._is_delayed,
            )
        )
        return event_id

    def _set_time(self, time: datetime) -> None:
        self._milliseconds = (time - EPOCH) // timedelta(milliseconds=1)
        self.now = EPOCH + timedelta(milliseconds=self._milliseconds)
        self._header_time = header_time(self.now)
        self.time = fact_time(self.now)

    def _pace_for(self, max_minutes: float) -> float:
        left = (self._until - self.now) / timedelta(minutes=1)
        return max(0.0, min(1.0, left / max_minutes))


def fact_time(time: datetime) -> str:
    """As the services write times into event data."""
    return f"{time.isoformat()[:-6]}Z"


def header_time(time: datetime) -> str:
    """As the services write times into headers."""
    return f"{time.isoformat(timespec='microseconds')[:-6]}Z"
