"""The catalogue of facts that a promotion policy may read, each typed and marked personal or not.

A personal fact is kept only as the sealed part of the event it came from, and opened at use.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from vinculo.events import Erased

FactValue: TypeAlias = bool | int | str


class FactType(StrEnum):
    BOOL = "bool"
    INT = "int"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class ClearFact:
    value: FactValue
    event_id: UUID


@dataclass(frozen=True, slots=True)
class SealedFact:
    """The envelope of the event's whole personal part; the fact's definition reads it."""

    envelope: Mapping[str, Any]
    event_id: UUID


Fact: TypeAlias = ClearFact | SealedFact


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact as a rule sees it. A default has no event."""

    value: FactValue
    event_id: UUID | None
    personal: bool


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """`read` takes a personal fact out of an opened envelope, as of a local date.

    `default` is what holds while no event has told otherwise; without one the fact is missing.
    """

    type: FactType
    read: Callable[[Mapping[str, Any], date], FactValue] | None = None
    default: FactValue | None = None

    @property
    def personal(self) -> bool:
        return self.read is not None


def age_years(person_details: Mapping[str, Any], today: date) -> int:
    """Whole years; who is born on 29 February turns on 1 March in other years."""
    born = date.fromisoformat(person_details["birth_date"])
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def net_monthly_salary_cents(employment_details: Mapping[str, Any], _today: date) -> int:
    return int(employment_details["net_monthly_salary_cents"])


CATALOGUE: Final[Mapping[str, FactDefinition]] = MappingProxyType(
    {
        "country": FactDefinition(FactType.STRING),
        "document_type": FactDefinition(FactType.STRING),
        "age_years": FactDefinition(FactType.INT, read=age_years),
        "email_verified": FactDefinition(FactType.BOOL),
        "employment_declared": FactDefinition(FactType.BOOL),
        "contract_type": FactDefinition(FactType.STRING),
        "net_monthly_salary_cents": FactDefinition(FactType.INT, read=net_monthly_salary_cents),
        "dossier_submitted": FactDefinition(FactType.BOOL),
        "dossier_accepted": FactDefinition(FactType.BOOL),
        "onboarding_completed": FactDefinition(FactType.BOOL),
        "active_loans": FactDefinition(FactType.INT, default=0),
    }
)


def facts_to_json(facts: Mapping[str, Fact]) -> dict[str, dict[str, Any]]:
    return {
        name: {"personal": False, "value": fact.value, "event_id": str(fact.event_id)}
        if isinstance(fact, ClearFact)
        else {"personal": True, "envelope": dict(fact.envelope), "event_id": str(fact.event_id)}
        for name, fact in facts.items()
    }


def facts_from_json(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Fact]:
    return {
        name: SealedFact(entry["envelope"], UUID(entry["event_id"]))
        if entry["personal"]
        else ClearFact(entry["value"], UUID(entry["event_id"]))
        for name, entry in stored.items()
    }


class Decryptor(Protocol):
    async def open_many(
        self, sealed: list[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]:
        """Open (person, event, envelope) triples, in their order."""
        ...


async def decrypt_facts(
    facts: Mapping[str, Fact],
    needed: frozenset[str],
    *,
    person_id: UUID,
    keys: Decryptor,
    today: date,
) -> dict[str, KnownFact]:
    """Give those of the needed facts that are known; only needed envelopes are opened.

    A fact that this version has not in its catalogue is not known, whoever declares it. Nor is one
    whose key is destroyed. A missing key is a fault and raises.
    """
    known = {
        name: KnownFact(definition.default, None, personal=False)
        for name in needed
        if (definition := CATALOGUE.get(name)) and definition.default is not None
    }
    sealed: dict[str, SealedFact] = {}
    for name in needed & CATALOGUE.keys() & facts.keys():
        match facts[name]:
            case ClearFact(value=value, event_id=event_id):
                known[name] = KnownFact(value, event_id, personal=False)
            case SealedFact() as fact:
                sealed[name] = fact
    return known | await _opened(sealed, person_id, keys, today)


async def _opened(
    sealed: Mapping[str, SealedFact], person_id: UUID, keys: Decryptor, today: date
) -> dict[str, KnownFact]:
    if not sealed:
        return {}
    parts = await keys.open_many(
        [(person_id, fact.event_id, dict(fact.envelope)) for fact in sealed.values()]
    )
    return {
        name: KnownFact(read(part, today), fact.event_id, personal=True)
        for (name, fact), part in zip(sealed.items(), parts, strict=True)
        if not isinstance(part, Erased) and (read := CATALOGUE[name].read) is not None
    }
