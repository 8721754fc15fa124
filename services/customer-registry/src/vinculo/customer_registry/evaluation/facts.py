"""The facts that a promotion policy may use: their types, storage format and decryption.

A personal fact is stored only as the encrypted part of the event that proves it, and decrypted
when a policy uses it.
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
class EncryptedFact:
    """`envelope` is the whole personal part of the event; the fact's definition reads from it."""

    envelope: Mapping[str, Any]
    event_id: UUID


Fact: TypeAlias = ClearFact | EncryptedFact


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact as rules use it; `event_id` is None for a default value."""

    value: FactValue
    event_id: UUID | None
    personal: bool


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """`read` gets a personal fact from a decrypted envelope, as of a local date.

    `default` is the value before any event proves the fact; without a default the fact is missing.
    """

    type: FactType
    read: Callable[[Mapping[str, Any], date], FactValue] | None = None
    default: FactValue | None = None

    @property
    def personal(self) -> bool:
        return self.read is not None


class Decryptor(Protocol):
    async def decrypt_many(
        self, sealed: list[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]:
        """The decrypted parts of (person, event, envelope) triples, in their order."""
        ...


def age_years(person_details: Mapping[str, Any], today: date) -> int:
    """Whole years; a birthday on 29 February falls on 1 March in other years."""
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


async def decrypt_facts(
    facts: Mapping[str, Fact],
    needed: frozenset[str],
    *,
    person_id: UUID,
    keys: Decryptor,
    today: date,
) -> dict[str, KnownFact]:
    """The needed facts that are known, by name; no other envelope is decrypted.

    A fact is not known when this version does not define it, or when the person's key has been
    destroyed. A missing key raises the error of the key ring.
    """
    known = {
        name: KnownFact(definition.default, None, personal=False)
        for name in needed
        if (definition := CATALOGUE.get(name)) and definition.default is not None
    }
    encrypted: dict[str, EncryptedFact] = {}
    for name in needed & CATALOGUE.keys() & facts.keys():
        match facts[name]:
            case ClearFact(value=value, event_id=event_id):
                known[name] = KnownFact(value, event_id, personal=False)
            case EncryptedFact() as fact:
                encrypted[name] = fact
    return known | await _decrypted(encrypted, person_id, keys, today)


async def _decrypted(
    facts: Mapping[str, EncryptedFact], person_id: UUID, keys: Decryptor, today: date
) -> dict[str, KnownFact]:
    if not facts:
        return {}
    parts = await keys.decrypt_many(
        [(person_id, fact.event_id, dict(fact.envelope)) for fact in facts.values()]
    )
    return {
        name: KnownFact(read(part, today), fact.event_id, personal=True)
        for (name, fact), part in zip(facts.items(), parts, strict=True)
        if not isinstance(part, Erased) and (read := CATALOGUE[name].read) is not None
    }


def facts_to_json(facts: Mapping[str, Fact]) -> dict[str, dict[str, Any]]:
    return {
        name: {"personal": False, "value": fact.value, "event_id": str(fact.event_id)}
        if isinstance(fact, ClearFact)
        else {"personal": True, "envelope": dict(fact.envelope), "event_id": str(fact.event_id)}
        for name, fact in facts.items()
    }


def facts_from_json(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Fact]:
    return {
        name: EncryptedFact(entry["envelope"], UUID(entry["event_id"]))
        if entry["personal"]
        else ClearFact(entry["value"], UUID(entry["event_id"]))
        for name, entry in stored.items()
    }
