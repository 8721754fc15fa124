"""Payers by name, joined when people are shown; a refused duplicate goes by the survivor's name."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final
from uuid import UUID

from vinculo.query_api.mongo import Collection, Document

LONGEST_CHAIN: Final = 4
"""A survivor may be refused as a duplicate later on; nobody does so for ever."""


async def payer_names(payers: Collection, people: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    """Names by the payer id that the people's documents hold; unknown payers are left out."""
    wanted = {person["payer_id"] for person in people if person.get("payer_id") is not None}
    found = await surviving_payers(payers, wanted, ("name",))
    names = {payer_id: payer.get("name") for payer_id, payer in found.items()}
    return {payer_id: name for payer_id, name in names.items() if name is not None}


async def surviving_payers(
    payers: Collection, wanted: AbstractSet[UUID], fields: Iterable[str]
) -> dict[UUID, Document]:
    """By each id that is wanted and known, the payer at the end of its chain."""
    known: dict[UUID, Document] = {}
    missing = wanted
    for _ in range(LONGEST_CHAIN):
        if not missing:
            break
        found = await payers.find(
            {"_id": {"$in": list(missing)}}, {"same_as": 1, **dict.fromkeys(fields, 1)}
        ).to_list(None)
        known |= {payer["_id"]: payer for payer in found}
        missing = {payer["same_as"] for payer in found if payer.get("same_as")} - known.keys()
    return {payer_id: _surviving(payer_id, known) for payer_id in wanted & known.keys()}


def _surviving(payer_id: UUID, known: Mapping[UUID, Document]) -> Document:
    """The payer at the end of the chain, as far as it is known."""
    payer = known[payer_id]
    for _ in range(LONGEST_CHAIN):
        survivor = known.get(payer["same_as"]) if payer.get("same_as") else None
        if survivor is None:
            break
        payer = survivor
    return payer
