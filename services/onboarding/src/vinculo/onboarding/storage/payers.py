"""The table of payers, which follows their streams: for search, and one payer per tax id."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.domain.payer import Declined, Listed, Payer, Proposed, Unregistered
from vinculo.onboarding.storage.tables import payers
from vinculo.values.folding import joined_words, sort_key
from vinculo.values.organizations import organization_searches, organization_tokens


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
    """Another payer has this tax id, listed or proposed."""

    def __init__(self, holder: PayerRow) -> None:
        super().__init__("another payer has this tax id")
        self.holder = holder


async def save_payer(connection: AsyncConnection, payer_id: UUID, payer: Payer) -> None:
    """Call it in the transaction that appends the events."""
    columns = _columns(payer)
    statement = insert(payers).values(payer_id=payer_id, **columns)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["payer_id"], set_=columns)
    )


async def find_payer(connection: AsyncConnection, payer_id: UUID) -> PayerRow | None:
    row = (
        await connection.execute(select(payers).where(payers.c.payer_id == payer_id))
    ).one_or_none()
    return None if row is None else _row(row)


async def find_by_tax_id(connection: AsyncConnection, tax_id: str) -> PayerRow | None:
    row = (await connection.execute(select(payers).where(payers.c.tax_id == tax_id))).one_or_none()
    return None if row is None else _row(row)


async def lock_tax_id(connection: AsyncConnection, payer_id: UUID, tax_id: str) -> None:
    """Lock the tax id until the transaction ends.

    Raises:
        TaxIdTaken: another payer has it.

    """
    await lock_payer_names(connection, [tax_id])
    holder = await find_by_tax_id(connection, tax_id)
    if holder is not None and holder.payer_id != payer_id:
        raise TaxIdTaken(holder)


async def lock_payer_names(connection: AsyncConnection, names: Collection[str]) -> None:
    """Take advisory locks until the transaction ends, sorted, so that no deadlock arises."""
    for name in sorted(names):
        number = func.hashtextextended(f"payer {name}", 0)
        await connection.execute(select(func.pg_advisory_xact_lock(number)))


async def search_payers(
    connection: AsyncConnection, query: str, statuses: Collection[PayerStatus], limit: int
) -> list[PayerRow]:
    """Payers with all words of the query, or else without its legal form; in Spanish order.

    A word is found as the beginning of a word of the name, of words written together, or of the
    tax id.
    """
    among = select(payers).where(payers.c.status.in_([status.value for status in statuses]))
    in_order = among.order_by(payers.c.sort_key.collate("C"), payers.c.payer_id).limit(limit)
    for words in organization_searches(query):
        conditions = (or_(*map(_has_prefix, prefixes)) for prefixes in words)
        found = (await connection.execute(in_order.where(*conditions))).all()
        if found:
            return [_row(row) for row in found]
    return []


def _has_prefix(prefix: str) -> ColumnElement[bool]:
    return payers.c.words.contains(f" {prefix}", autoescape=True)


def proposal_key(name: str) -> str:
    """By this a proposed name is known: its joined words, after a space."""
    return f" {joined_words(name) or name}"


def payer_status(payer: Payer) -> PayerStatus:
    match payer:
        case Listed(suspended=suspended):
            return PayerStatus.SUSPENDED if suspended else PayerStatus.ACTIVE
        case Declined():
            return PayerStatus.REFUSED
        case Proposed() | Unregistered():
            return PayerStatus.PROPOSED


def _columns(payer: Payer) -> dict[str, Any]:
    status = payer_status(payer).value
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
    tokens = organization_tokens(known["name"], known["tax_id"])
    return {
        **known,
        "words": "".join(f" {token}" for token in tokens),
        "sort_key": sort_key(known["name"]),
        "status": status,
    }


def _row(row: Row[Any]) -> PayerRow:
    return PayerRow(
        payer_id=row.payer_id,
        name=row.name,
        tax_id=row.tax_id,
        status=PayerStatus(row.status),
        same_as=row.same_as,
    )
