"""One worker process of the coordinator: writes every n-th block of people.

It reads its assignment as JSON from standard input and writes progress and failures as lines of
JSON to standard output. Keys of a block are committed before its events are sent. Events that
happen months after the registration are sent a month later, measured in people.
"""

import asyncio
import base64
import gc
import logging
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.messaging import Record
from vinculo.messaging.kafka_producer import publish
from vinculo.population.event_log import PopulationLog, new_producer
from vinculo.population.installation import Installation, shipped_installation
from vinculo.population.lifecycles import BLOCK_SIZE
from vinculo.population.person_generator import PopulationSpec
from vinculo.population.person_history import person_history
from vinculo.population.person_streams import PersonStreams
from vinculo.population.records import RecordEncoder
from vinculo.privacy.key_ring import keys, new_wrapped_key, unwrapped

KEY_COLUMNS: Final = ("key_id", "subject", "wrapped_key", "created_at", "destroyed_at")
BLOCKS_PER_BATCH: Final = 5
"""From this number of blocks on, the batches per partition are large enough to be fast."""
MONTHS: Final = 24
YOUNG_OBJECTS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSlice:
    """The `index`-th of `count` slices of a population."""

    index: int = 0
    count: int = 1

    def blocks(self, people: int) -> Iterator[range]:
        """The numbers of the people in each block."""
        for start in range(self.index * BLOCK_SIZE, people, self.count * BLOCK_SIZE):
            yield range(start, min(start + BLOCK_SIZE, people))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOwner:
    """`erased_at` is when the person's key was destroyed, None while it exists."""

    person_id: UUID
    registered_at: datetime
    erased_at: datetime | None


class KeyWriter:
    """Creates data keys and commits many at a time, because single commits would be slow."""

    def __init__(self, keyring: "asyncpg.Connection[asyncpg.Record]", wrapping_key: bytes) -> None:
        self._keyring = keyring
        self._wrapping = AESGCM(wrapping_key)
        self._wrapped_keys: dict[UUID, bytes] = {}

    def create(self, person_id: UUID) -> AESGCM:
        """The cipher with a new key, which is not stored yet."""
        wrapped = self._wrapped_keys[person_id] = new_wrapped_key(self._wrapping, person_id)
        return unwrapped(self._wrapping, person_id, wrapped)

    async def commit(self, owners: Sequence[KeyOwner]) -> None:
        """Store the created keys in the key ring, those of erased people without key."""
        rows = []
        for owner in owners:
            wrapped = self._wrapped_keys.pop(owner.person_id)
            stored = wrapped if owner.erased_at is None else None
            rows.append(
                (owner.person_id, owner.person_id, stored, owner.registered_at, owner.erased_at)
            )
        await self._keyring.copy_records_to_table(keys.name, records=rows, columns=KEY_COLUMNS)


class SliceWriter:
    """Writes one slice; `events` is the number of events sent so far."""

    def __init__(
        self,
        spec: PopulationSpec,
        worker_slice: WorkerSlice,
        *,
        installation: Installation,
        encoder: RecordEncoder,
        keys: KeyWriter,
        producer: AIOKafkaProducer,
    ) -> None:
        self._spec = spec
        self._slice = worker_slice
        self._installation = installation
        self._encoder = encoder
        self._keys = keys
        self._producer = producer
        self._delayed: deque[list[Record]] = deque()
        self.events = 0

    async def write(self, report: Callable[[int, int], None]) -> None:
        """Report the numbers of people and events after each batch."""
        people, sending = 0, None
        blocks = self._slice.blocks(self._spec.people)
        blocks_per_month = self._spec.people // (MONTHS * BLOCK_SIZE * self._slice.count)
        for batch in _batched(blocks, BLOCKS_PER_BATCH):
            records = await self._records_of(batch)
            people += sum(len(block) for block in batch)
            while len(self._delayed) > blocks_per_month:
                records += self._delayed.popleft()
            if sending is not None:
                await sending
                report(people, self.events)
            self.events += len(records)
            sending = asyncio.create_task(publish(self._producer, records))
        if sending is not None:
            await sending
        for records in self._delayed:
            self.events += len(records)
            await publish(self._producer, records)
        report(people, self.events)

    async def _records_of(self, blocks: list[range]) -> list[Record]:
        """The records to send now; those to send later are queued, one list per block."""
        current: list[Record] = []
        owners: list[KeyOwner] = []
        for block in blocks:
            delayed: list[Record] = []
            for number in block:
                history = person_history(self._installation, self._spec, number, self._keys.create)
                owners.append(_owner(history))
                current += map(self._encoder.encode, history.onboarding_events)
                delayed += map(self._encoder.encode, history.later_events)
            self._delayed.append(delayed)
        await self._keys.commit(owners)
        return current


def _owner(history: PersonStreams) -> KeyOwner:
    person = history.person
    return KeyOwner(
        person_id=person.person_id,
        registered_at=person.registered_at,
        erased_at=history.now if person.lifecycle.is_erased else None,
    )


def _batched(blocks: Iterator[range], size: int) -> Iterator[list[range]]:
    batch: list[range] = []
    for block in blocks:
        batch.append(block)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


async def write_slice(log: PopulationLog, spec: PopulationSpec, worker_slice: WorkerSlice) -> None:
    keyring = await asyncpg.connect(log.keyring_url)
    try:
        producer = new_producer(log.kafka)
        await producer.start()
        try:
            installation = shipped_installation()
            writer = SliceWriter(
                spec,
                worker_slice,
                installation=installation,
                encoder=RecordEncoder(installation, log.prefix),
                keys=KeyWriter(keyring, base64.b64decode(log.key_encryption_key)),
                producer=producer,
            )
            await writer.write(lambda people, events: _emit({"people": people, "events": events}))
        finally:
            await producer.stop()
    finally:
        await keyring.close()


def main() -> None:
    # Ctrl-C interrupts the coordinator too, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
    assignment: dict[str, Any] = orjson.loads(sys.stdin.buffer.read())
    until = datetime.fromisoformat(assignment["spec"].pop("until"))
    try:
        asyncio.run(
            write_slice(
                PopulationLog(**assignment["log"]),
                PopulationSpec(**assignment["spec"], until=until),
                WorkerSlice(**assignment["slice"]),
            )
        )
    except (KafkaError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        _emit({"failed": f"writing people failed: {type(error).__name__}: {error}"})
        sys.exit(1)


def _emit(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
