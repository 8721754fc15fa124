"""Payers by name, joined when people are shown; a refused duplicate goes by the survivor's name."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from vinculo.query_api.mongo import Collection, Document

LONGEST_CHAIN: Final = 4
"""A survivor may be refused as a duplicate later on; nobody does so for ever."""


async def payer_names(payers: Collection, people: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    """Names by the payer id that the people's documents hold; unknown payers are left out."""
    wanted = {person["payer_id"] for person in people if person.get("payer_id") is not None}
    known: dict[UUID, Document] = {}
    missing = wanted
    for _ in range(LONGEST_CHAIN):
        if not missing:
            break
        found = await payers.find(
            {"_id": {"$in": list(missing)}}, {"name": 1, "same_as": 1}
        ).to_list(None)
        known |= {payer["_id"]: payer for payer in found}
        missing = {payer["same_as"] for payer in found if payer.get("same_as")} - known.keys()
    names = {
        payer_id: _surviving(payer_id, known).get("name") for payer_id in wanted & known.keys()
    }
    return {payer_id: name for payer_id, name in names.items() if name is not None}


def _surviving(payer_id: UUID, known: Mapping[UUID, Document]) -> Document:
    """The payer at the end of the chain, as far as it is known."""
    payer = known[payer_id]
    for _ in range(LONGEST_CHAIN):
        survivor = known.get(payer["same_as"]) if payer.get("same_as") else None
        if survivor is None:
            break
        payer = survivor
    return payer
