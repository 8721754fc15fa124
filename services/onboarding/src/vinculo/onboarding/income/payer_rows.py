"""The table of payers, which follows their streams: for searching, and for one payer per tax id."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.domain.payer import Declined, Listed, Payer, Proposed, Unregistered
from vinculo.onboarding.tables import payers
from vinculo.values.names import normalized_words

MOST_WORDS: Final = 8


class PayerStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    PROPOSED = "proposed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerRow:
    payer_id: UUID
    name: str
    tax_id: str | None
    status: PayerStatus
    same_as: UUID | None


class TaxIdTaken(Exception):
    """Another payer has this tax id: in the catalogue, or proposed and not decided yet."""

    def __init__(self, holder: PayerRow) -> None:
        super().__init__("another payer has this tax id")
        self.holder = holder


async def write_row(connection: AsyncConnection, payer_id: UUID, payer: Payer) -> None:
    """In the transaction of the events that led to this state."""
    columns = _columns(payer)
    statement = insert(payers).values(payer_id=payer_id, **columns)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["payer_id"], set_=columns)
    )


async def read_row(connection: AsyncConnection, payer_id: UUID) -> PayerRow | None:
    row = (
        await connection.execute(select(payers).where(payers.c.payer_id == payer_id))
    ).one_or_none()
    return None if row is None else _row(row)


async def holder_of_tax_id(connection: AsyncConnection, tax_id: str) -> PayerRow | None:
    row = (await connection.execute(select(payers).where(payers.c.tax_id == tax_id))).one_or_none()
    return None if row is None else _row(row)


async def take_tax_id(connection: AsyncConnection, payer_id: UUID, tax_id: str) -> None:
    """Raises TaxIdTaken. From here on nobody else takes it before this transaction ends."""
    await lock(connection, [tax_id])
    holder = await holder_of_tax_id(connection, tax_id)
    if holder is not None and holder.payer_id != payer_id:
        raise TaxIdTaken(holder)


async def lock(connection: AsyncConnection, names: Collection[str]) -> None:
    """Until the transaction ends. Always in one order, so that no two wait for each other."""
    for name in sorted(names):
        number = func.hashtextextended(f"payer {name}", 0)
        await connection.execute(select(func.pg_advisory_xact_lock(number)))


async def search(
    connection: AsyncConnection, query: str, statuses: Collection[PayerStatus], limit: int
) -> list[PayerRow]:
    """Payers whose names have a word beginning with each word of the query, by name."""
    statement = select(payers).where(payers.c.status.in_([status.value for status in statuses]))
    for word in normalized_words(query)[:MOST_WORDS]:
        statement = statement.where(payers.c.words.contains(f" {word}", autoescape=True))
    statement = statement.order_by(payers.c.words, payers.c.payer_id).limit(limit)
    return [_row(row) for row in (await connection.execute(statement)).all()]


def words_of(name: str) -> str:
    """Every word, folded, each after a space: a prefix is found as ' prefix'."""
    return "".join(f" {word}" for word in normalized_words(name))


def status_of(payer: Payer) -> PayerStatus:
    match payer:
        case Listed(suspended=suspended):
            return PayerStatus.SUSPENDED if suspended else PayerStatus.ACTIVE
        case Declined():
            return PayerStatus.REFUSED
        case Proposed() | Unregistered():
            return PayerStatus.PROPOSED


def _columns(payer: Payer) -> dict[str, Any]:
    status = status_of(payer).value
    known: dict[str, Any]
    match payer:
        case Listed(details=details):
            known = {"name": details.name, "tax_id": details.tax_id, "same_as": None}
        case Proposed(name=name, tax_id=tax_id):
            known = {"name": name, "tax_id": tax_id, "same_as": None}
        case Declined(name=name, same_as=same_as):
            known = {"name": name, "tax_id": None, "same_as": same_as}
        case Unregistered():
            raise AssertionError("a payer without events has no row")
    return {**known, "words": words_of(known["name"]), "status": status}


def _row(row: Row[Any]) -> PayerRow:
    return PayerRow(
        payer_id=row.payer_id,
        name=row.name,
        tax_id=row.tax_id,
        status=PayerStatus(row.status),
        same_as=row.same_as,
    )
