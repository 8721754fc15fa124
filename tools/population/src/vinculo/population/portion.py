"""What one process writes: every so-manieth hundred people, in order of registration.

A hundred people are sealed, and their keys committed, before their events are sent. What happens to
them months later is sent a month later, told in people, as it would lie in the log.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from vinculo.messaging import Record
from vinculo.messaging.kafka_producer import publish
from vinculo.population.courses import HUNDRED
from vinculo.population.history import history_of
from vinculo.population.inventing import Invention
from vinculo.population.keys import NewKeys, Owner
from vinculo.population.records import Recording, Subject
from vinculo.population.telling import Telling

TOGETHER: Final = 5
"""Hundreds whose records are sent as one: batches per partition are worth it from here on."""
MONTHS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The `index`-th of `count` processes."""

    index: int = 0
    count: int = 1

    def hundreds(self, people: int) -> Iterator[range]:
        for start in range(self.index * HUNDRED, people, self.count * HUNDRED):
            yield range(start, min(start + HUNDRED, people))


class Portion:
    """Writes a share; `events` counts what was acknowledged or is on its way."""

    def __init__(
        self,
        invention: Invention,
        share: Share,
        *,
        recording: Recording,
        keys: NewKeys,
        producer: AIOKafkaProducer,
    ) -> None:
        self._invention = invention
        self._share = share
        self._recording = recording
        self._keys = keys
        self._producer = producer
        self._later: deque[list[Record]] = deque()
        self.events = 0

    async def write(self, tell: Callable[[int, int], None]) -> None:
        """Tell how many people and events are written, now and then."""
        people, sending = 0, None
        hundreds = self._share.hundreds(self._invention.people)
        month = self._invention.people // (MONTHS * HUNDRED * self._share.count)
        for some in _some(hundreds, TOGETHER):
            records = await self._records(some)
            people += sum(len(hundred) for hundred in some)
            while len(self._later) > month:
                records += self._later.popleft()
            if sending is not None:
                await sending
                tell(people, self.events)
            self.events += len(records)
            sending = asyncio.create_task(publish(self._producer, records))
        if sending is not None:
            await sending
        for records in self._later:
            self.events += len(records)
            await publish(self._producer, records)
        tell(people, self.events)

    async def _records(self, hundreds: list[range]) -> list[Record]:
        tellings = [
            [history_of(self._invention, number) for number in hundred] for hundred in hundreds
        ]
        owners = [_owner(telling) for some in tellings for telling in some]
        ciphers = iter(await self._keys.commit(owners))
        now: list[Record] = []
        for some in tellings:
            later: list[Record] = []
            for telling in some:
                subject = Subject(telling.person.name, next(ciphers))
                for told in telling.told:
                    record = self._recording.record(subject, told)
                    (later if told.later else now).append(record)
            self._later.append(later)
        return now


def _owner(telling: Telling) -> Owner:
    person = telling.person
    return Owner(
        person_id=person.person_id,
        registered_at=person.registered_at,
        erased_at=telling.now if person.course.is_erased else None,
    )


def _some(hundreds: Iterator[range], number: int) -> Iterator[list[range]]:
    some: list[range] = []
    for hundred in hundreds:
        some.append(hundred)
        if len(some) == number:
            yield some
            some = []
    if some:
        yield some
