"""The catalogue of payers: registered by operations, searched while typing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.eventstore import Category, Meta, PostgresEventStore, execute
from vinculo.onboarding.domain.payer import Payer
from vinculo.onboarding.domain.payer_decisions import PayerCommand, RegisterPayer
from vinculo.onboarding.domain.payer_events import PayerEvent
from vinculo.onboarding.fields.texts import folded_words
from vinculo.onboarding.payer_form import PayerDetails
from vinculo.onboarding.tables import payers

MOST_WORDS: Final = 8


class PayerRegisteredAlready(Exception):
    """Another payer has this tax id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPayer:
    payer_id: UUID
    name: str
    tax_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payers:
    store: PostgresEventStore
    category: Category[PayerCommand, Payer, PayerEvent]
    clock: Callable[[], datetime]

    async def register(
        self, payer_id: UUID, details: PayerDetails, registered_by: UUID, meta: Meta
    ) -> None:
        """Raises PayerRegisteredAlready. The same payer id again changes nothing."""
        command = RegisterPayer(
            name=details.name,
            tax_id=details.tax_id,
            agreement=details.agreement,
            contact_name=details.contact_name,
            contact_phone=details.contact_phone,
            contact_email=details.contact_email,
            registered_by=registered_by,
            now=self.clock(),
        )
        async with self.store.transaction() as connection:
            if not await _reserve(connection, payer_id, details):
                raise PayerRegisteredAlready
            await execute(
                self.store, self.category, payer_id, command, meta=meta, connection=connection
            )

    async def search(self, query: str, limit: int) -> list[FoundPayer]:
        """Payers whose names have a word beginning with each word of the query, by name."""
        statement = select(payers.c.payer_id, payers.c.name, payers.c.tax_id)
        for word in folded_words(query)[:MOST_WORDS]:
            statement = statement.where(payers.c.words.contains(f" {word}", autoescape=True))
        statement = statement.order_by(payers.c.words, payers.c.payer_id).limit(limit)
        async with self.store.engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        return [FoundPayer(payer_id=row.payer_id, name=row.name, tax_id=row.tax_id) for row in rows]


async def payer_exists(connection: AsyncConnection, payer_id: UUID) -> bool:
    found = await connection.scalar(select(payers.c.payer_id).where(payers.c.payer_id == payer_id))
    return found is not None


async def _reserve(connection: AsyncConnection, payer_id: UUID, details: PayerDetails) -> bool:
    """Whether the tax id is this payer's. Waits while another one is taking it."""
    statement = insert(payers).values(
        payer_id=payer_id,
        tax_id=details.tax_id,
        name=details.name,
        words="".join(f" {word}" for word in folded_words(details.name)),
    )
    await connection.execute(statement.on_conflict_do_nothing())
    holder: UUID | None = await connection.scalar(
        select(payers.c.payer_id).where(payers.c.tax_id == details.tax_id)
    )
    return holder == payer_id
