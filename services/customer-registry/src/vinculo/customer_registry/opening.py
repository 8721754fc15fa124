"""From the facts as they are kept to the facts as rules see them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from vinculo.customer_registry.facts import CATALOGUE, ClearFact, Fact, KnownFact, SealedFact
from vinculo.events import Erased


class OpensEnvelopes(Protocol):
    async def open_many(
        self, sealed: list[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]:
        """Open (person, event, envelope) triples, in their order."""
        ...


async def known_facts(
    facts: Mapping[str, Fact],
    needed: frozenset[str],
    *,
    person_id: UUID,
    keys: OpensEnvelopes,
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
    sealed: Mapping[str, SealedFact], person_id: UUID, keys: OpensEnvelopes, today: date
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
