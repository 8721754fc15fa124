"""The payer of a profile: its name, and how it stands in the catalogue today."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from vinculo.query_api.mongo import Collection
from vinculo.query_api.payer_names import surviving_payers

FIELDS = ("name", "state", "suspended_reason_code", "refused_reason_code")

Payers = Mapping[UUID, Mapping[str, Any]]


async def read_payers(payers: Collection, ids: Iterable[UUID | None]) -> Payers:
    return await surviving_payers(payers, {each for each in ids if each is not None}, FIELDS)


def payer_facts(payers: Payers, payer_id: UUID) -> dict[str, Any]:
    """A refused duplicate stands as the payer that it is; one we know nothing of is all null."""
    payer = payers.get(payer_id, {})
    reason = payer.get("suspended_reason_code") or payer.get("refused_reason_code")
    return {
        "payer": payer.get("name"),
        "payer_state": payer.get("state"),
        "payer_reason_code": reason,
    }
