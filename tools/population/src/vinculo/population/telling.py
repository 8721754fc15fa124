"""A person's events as they are told: by whom, when, in which version of which stream.

Ids and moments are kept as the text that they become: there are eighteen of each per person.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from vinculo.population.inventing import Invented, new_id

ONBOARDING_MINUTES: Final = 12 * 24 * 60
LIFE_MINUTES: Final = 400 * 24 * 60
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Told(NamedTuple):
    """`personal` is still to be sealed. What is told `later` comes a month after the rest."""

    category: str
    stream: str
    version: int
    type: str
    event_id: str
    time: str
    facts: dict[str, Any]
    personal: dict[str, Any] | None
    later: bool


class Telling:
    """Time goes on from event to event, and never beyond `until`: who came late is in a hurry."""

    def __init__(self, person: Invented, until: datetime, chance: random.Random) -> None:
        self.person = person
        self.chance = chance
        self.told: list[Told] = []
        self._until = until
        self._versions: dict[str, int] = {}
        self._later = False
        self._at(person.registered_at)
        self._pace = self._pace_for(ONBOARDING_MINUTES)

    def live_on(self) -> None:
        """What is told from here on happens in the months after the onboarding."""
        self._later = True
        self._pace = self._pace_for(LIFE_MINUTES)

    def pass_time(self, most_minutes: float) -> str:
        """Let up to so many minutes pass; give the moment as events tell it."""
        minutes = most_minutes * self._pace * (0.05 + 0.95 * self.chance.random())
        self._at(self.now + timedelta(minutes=minutes))
        return self.moment

    def new_id(self) -> str:
        return new_id(self._milliseconds, self.chance)

    def tell(
        self,
        category: str,
        type_: str,
        facts: dict[str, Any],
        *,
        personal: dict[str, Any] | None = None,
        stream: str | None = None,
    ) -> str:
        """One more event of the stream, which is the person's unless another is given."""
        key = stream or category
        version = self._versions[key] = self._versions.get(key, 0) + 1
        event_id = new_id(self._milliseconds, self.chance)
        self.told.append(
            Told(
                category,
                stream or self.person.name,
                version,
                type_,
                event_id,
                self._time,
                facts,
                personal,
                self._later,
            )
        )
        return event_id

    def _at(self, moment: datetime) -> None:
        self._milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
        self.now = EPOCH + timedelta(milliseconds=self._milliseconds)
        self._time = header_time(self.now)
        self.moment = told_time(self.now)

    def _pace_for(self, most_minutes: float) -> float:
        left = (self._until - self.now) / timedelta(minutes=1)
        return max(0.0, min(1.0, left / most_minutes))


def told_time(moment: datetime) -> str:
    """As the services write it into facts."""
    return f"{moment.isoformat()[:-6]}Z"


def header_time(moment: datetime) -> str:
    """As the services write it into headers."""
    return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"
