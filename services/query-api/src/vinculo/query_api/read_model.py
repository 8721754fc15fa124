"""The active generation of the read model: its collections, how fresh it is, names of payers.

A read's position is the number of applied records. Offsets change in the transactions that write
the documents, so a later position always shows what an earlier one has shown. Another generation
reads the same log and counts the same records.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NotRequired, TypeAlias
from uuid import UUID

from aiokafka import TopicPartition  # type: ignore[import-untyped]
from typing_extensions import TypedDict

from vinculo.httpapi import encode_position
from vinculo.query_api.generations import Checkpoint, active_generation, collection_names
from vinculo.query_api.log_tail import LogTail
from vinculo.query_api.mongo import Collection, Database, collection_of
from vinculo.query_api.person_document.counters import CounterDocument
from vinculo.query_api.person_document.schema import Person, StreamDocument
from vinculo.query_api.person_document.timeline import TimelineEntry

LOG: Final = "log"
"""Stands for the stream id in the positions of reads."""

MAX_DUPLICATE_CHAIN: Final = 4
"""A surviving payer may be refused as a duplicate later on; longer chains are not followed."""


PayerState: TypeAlias = Literal["proposed", "active", "refused", "suspended"]


class Payer(StreamDocument):
    """A payer; `same_as` is the payer that a refused proposal duplicates."""

    state: NotRequired[PayerState]
    name: NotRequired[str]
    tax_id: NotRequired[str | None]
    agreement: NotRequired[str | None]
    contact_name: NotRequired[str | None]
    contact_phone: NotRequired[str | None]
    contact_email: NotRequired[str | None]
    proposed_by: NotRequired[UUID]
    proposed_at: NotRequired[datetime]
    registered_by: NotRequired[UUID]
    registered_at: NotRequired[datetime]
    accepted_by: NotRequired[UUID]
    accepted_at: NotRequired[datetime]
    same_as: NotRequired[UUID | None]
    refused_reason_code: NotRequired[str]
    suspended_reason_code: NotRequired[str]


class RequirementTitle(TypedDict):
    code: str
    title_es: str
    title_en: str


class Policy(StreamDocument):
    """The latest version of a project's policy."""

    project: NotRequired[str]
    policy: NotRequired[str]
    policy_version: NotRequired[int]
    requirements: NotRequired[list[RequirementTitle]]
    published_at: NotRequired[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    people: Collection[Person]
    events: Collection[TimelineEntry]
    payers: Collection[Payer]
    policies: Collection[Policy]
    counters: Collection[CounterDocument]
    positions: Collection[Checkpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """`as_of` is None until a projector has begun."""

    as_of: datetime | None
    lag_seconds: float | None
    records: int

    @property
    def position(self) -> str:
        """The consistency token of what was read."""
        return encode_position(LOG, self.records)


class ReadModel:
    """Without a `log_tail`, the freshness is that of what was applied last."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], log_tail: LogTail | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._log_tail = log_tail

    async def collections(self) -> Collections:
        """Those of the active generation. Call it for each request: the pointer may move."""
        names = collection_names(await active_generation(self._database))
        return Collections(
            people=collection_of(self._database, names.people, Person),
            events=collection_of(self._database, names.events, TimelineEntry),
            payers=collection_of(self._database, names.payers, Payer),
            policies=collection_of(self._database, names.policies, Policy),
            counters=collection_of(self._database, names.counters, CounterDocument),
            positions=collection_of(self._database, names.positions, Checkpoint),
        )

    async def freshness(self, collections: Collections) -> Freshness:
        """The freshness of the topic partition that is furthest behind."""
        positions = collections.positions
        as_of = None
        if self._log_tail is not None:
            as_of = await self._log_tail.as_of(lambda: _read_offsets(positions))
        # Read after the check, so that all that it has found applied is counted.
        checkpoints = await positions.find().to_list(None)
        records = sum(checkpoint["offset"] for checkpoint in checkpoints)
        if as_of is None or not checkpoints:
            as_of = _last_applied(checkpoints)
        if as_of is None:
            return Freshness(as_of=None, lag_seconds=None, records=records)
        lag_seconds = max(0.0, (self._clock() - as_of).total_seconds())
        return Freshness(as_of=as_of, lag_seconds=lag_seconds, records=records)


async def _read_offsets(positions: Collection[Checkpoint]) -> dict[TopicPartition, int]:
    checkpoints = await positions.find({}, {"topic": 1, "partition": 1, "offset": 1}).to_list(None)
    return {
        TopicPartition(each["topic"], each["partition"]): each["offset"] for each in checkpoints
    }


def _last_applied(checkpoints: Iterable[Checkpoint]) -> datetime | None:
    """A partition is as fresh as its last event, or as the rebuild that read it to its end."""
    latest = [time for checkpoint in checkpoints if (time := _fresh_until(checkpoint)) is not None]
    return min(latest, default=None)


def _fresh_until(checkpoint: Checkpoint) -> datetime | None:
    times = (checkpoint.get("caught_up_at"), checkpoint.get("event_at"))
    return max((time for time in times if time is not None), default=None)


async def records_applied(positions: Collection[Checkpoint]) -> int:
    checkpoints = await positions.find({}, {"offset": 1}).to_list(None)
    return sum(checkpoint["offset"] for checkpoint in checkpoints)


async def payer_names(payers: Collection[Payer], ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names by id; unknown payers are left out."""
    requested = {payer_id for payer_id in ids if payer_id is not None}
    found = await surviving_payers(payers, requested, ("name",))
    names = {payer_id: payer.get("name") for payer_id, payer in found.items()}
    return {payer_id: name for payer_id, name in names.items() if name is not None}


async def surviving_payers(
    payers: Collection[Payer], ids: AbstractSet[UUID], fields: Iterable[str]
) -> dict[UUID, Payer]:
    """The payers by id; a refused duplicate is replaced by the payer that it duplicates."""
    known: dict[UUID, Payer] = {}
    missing = ids
    for _ in range(MAX_DUPLICATE_CHAIN):
        if not missing:
            break
        found = await payers.find(
            {"_id": {"$in": list(missing)}}, {"same_as": 1, **dict.fromkeys(fields, 1)}
        ).to_list(None)
        known |= {payer["_id"]: payer for payer in found}
        missing = {same for payer in found if (same := payer.get("same_as"))} - known.keys()
    return {payer_id: _surviving(payer_id, known) for payer_id in ids & known.keys()}


def _surviving(payer_id: UUID, known: Mapping[UUID, Payer]) -> Payer:
    """The last known payer of the chain of duplicates."""
    payer = known[payer_id]
    for _ in range(MAX_DUPLICATE_CHAIN):
        same_as = payer.get("same_as")
        survivor = None if same_as is None else known.get(same_as)
        if survivor is None:
            break
        payer = survivor
    return payer
