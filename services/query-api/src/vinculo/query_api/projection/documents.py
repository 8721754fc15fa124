"""The documents that a batch is folded into, held in memory until they are written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.counters import (
    Group,
    StatusHistory,
    group_of,
    status_history_of,
)
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.projector.totals import CounterChanges


class Target(NamedTuple):
    family: DocumentKind
    id: UUID


@dataclass(slots=True, kw_only=True)
class Held:
    """A document, the revision it has in the store (0: none yet), and what was counted of it.

    A revision is the number of events folded in, so it rises with every write and is the same
    whichever batches led there. `partition` is the Kafka partition number of the first event that
    changed it in this batch.
    """

    document: Document
    stored_revision: int
    counted: Group | None
    told: StatusHistory = field(default_factory=dict)
    partition: int | None = None

    @property
    def changed(self) -> bool:
        return self.partition is not None

    def settle(self) -> None:
        """Take what was changed as counted; the store has yet to write it."""
        self.counted = group_of(self.document)
        self.told = status_history_of(self.document)
        self.partition = None


def held(target: Target, stored: Document | None) -> Held:
    if stored is None:
        return Held(document={"_id": target.id, "revision": 0}, stored_revision=0, counted=None)
    return Held(
        document=stored,
        stored_revision=stored["revision"],
        counted=group_of(stored),
        told=status_history_of(stored),
    )


def changed(documents: dict[Target, Held], family: DocumentKind) -> Iterator[Held]:
    return (each for target, each in documents.items() if target.family is family and each.changed)


def count_and_settle(people: Iterable[Held], changes: CounterChanges) -> None:
    """The same as counting and then settling, with half the work: for a load of very many."""
    for each in people:
        if each.partition is not None:
            counted, told = group_of(each.document), status_history_of(each.document)
            changes.move(each.partition, each.counted, counted)
            changes.replace_history(each.partition, each.told, told)
            each.counted, each.told, each.partition = counted, told, None


def count(people: Iterable[Held], changes: CounterChanges) -> None:
    """Add to the changes of the counters what these documents' changes mean for them."""
    for each in people:
        if each.partition is not None:
            changes.move(each.partition, each.counted, group_of(each.document))
            changes.replace_history(each.partition, each.told, status_history_of(each.document))
