"""Payers that applicants type in: known again by tax id or name, and proposed to operations once.

A tax id in the catalogue is that payer. Two proposals with one name are one, unless both give a tax
id and the tax ids differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict, uuid7
from vinculo.eventstore import Category, PostgresEventStore, execute
from vinculo.onboarding.domain.payer import Payer, PayerEvent
from vinculo.onboarding.domain.payer_decisions import PayerCommand, ProposePayer
from vinculo.onboarding.forms.employment import TypedPayer
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.income.payers import note_row
from vinculo.onboarding.storage.payers import (
    PayerRow,
    PayerStatus,
    find_by_tax_id,
    find_payer,
    lock_payer_names,
    searchable_name,
)
from vinculo.onboarding.storage.tables import payer_proposals

RETRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerProposals:
    store: PostgresEventStore
    category: Category[PayerCommand, Payer, PayerEvent]
    clock: Callable[[], datetime]

    async def declarable(self, payer_id: UUID) -> UUID:
        """The payer, where somebody may be declared to be paid by it. Raises FormRefused."""
        async with self.store.engine.connect() as connection:
            row = await find_payer(connection, payer_id)
        if row is None:
            raise InvalidForm((FieldError("payer_id", "payer_unknown"),))
        _require_declarable(row, "payer_id")
        return row.payer_id

    async def require_declarable(self, payer: UUID | TypedPayer) -> None:
        """Raises FormRefused where `declarable` or `propose` would. Nothing is proposed."""
        if isinstance(payer, UUID):
            await self.declarable(payer)
            return
        async with self.store.engine.connect() as connection:
            known = await _known(connection, payer)
        if known is not None:
            _require_declarable(known, "payer")

    async def propose(self, typed: TypedPayer, proposed_by: UUID, meta: Meta) -> UUID:
        """The payer that was typed in, proposed unless it is known. Raises FormRefused."""
        for _ in range(RETRIES):
            try:
                return await self._propose(typed, proposed_by, meta)
            except VersionConflict:
                continue
        return await self._propose(typed, proposed_by, meta)

    async def _propose(self, typed: TypedPayer, proposed_by: UUID, meta: Meta) -> UUID:
        async with self.store.transaction() as connection:
            await lock_payer_names(connection, _known_by(typed))
            known = await _known(connection, typed)
            if known is not None and known.status is not PayerStatus.PROPOSED:
                _require_declarable(known, "payer")
                return known.payer_id
            payer_id = uuid7() if known is None else known.payer_id
            command = ProposePayer(
                name=typed.name, tax_id=typed.tax_id, proposed_by=proposed_by, now=self.clock()
            )
            await execute(
                self.store,
                self.category,
                payer_id,
                command,
                meta=meta,
                connection=connection,
                on_appended=partial(note_row, payer_id),
            )
            await _note(connection, payer_id, typed)
        return payer_id


async def _note(connection: AsyncConnection, payer_id: UUID, typed: TypedPayer) -> None:
    """A name that two payers have leads to the one that was proposed last."""
    rows = [{"known_by": each, "payer_id": payer_id} for each in _known_by(typed)]
    statement = insert(payer_proposals).values(rows)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["known_by"], set_={"payer_id": statement.excluded.payer_id}
        )
    )


def _require_declarable(row: PayerRow, field: str) -> None:
    if row.status is PayerStatus.SUSPENDED:
        raise InvalidForm((FieldError(field, "payer_suspended"),))
    if row.status is PayerStatus.REFUSED:
        raise InvalidForm((FieldError(field, "payer_refused"),))


def _known_by(typed: TypedPayer) -> list[str]:
    """The tax id locks what operators lock too."""
    name = searchable_name(typed.name) or f" {typed.name}"
    return [name] if typed.tax_id is None else [name, typed.tax_id]


async def _known(connection: AsyncConnection, typed: TypedPayer) -> PayerRow | None:
    name, *_ = _known_by(typed)
    if typed.tax_id is None:
        return await _proposed_as(connection, name)
    known = await find_by_tax_id(connection, typed.tax_id)
    known = known or await _proposed_as(connection, typed.tax_id)
    if known is not None:
        return known
    namesake = await _proposed_as(connection, name)
    if namesake is None or namesake.status is not PayerStatus.PROPOSED:
        return None
    return namesake if namesake.tax_id is None else None


async def _proposed_as(connection: AsyncConnection, known_by: str) -> PayerRow | None:
    payer_id: UUID | None = await connection.scalar(
        select(payer_proposals.c.payer_id).where(payer_proposals.c.known_by == known_by)
    )
    row = None if payer_id is None else await find_payer(connection, payer_id)
    if row is not None and row.same_as is not None:
        return await find_payer(connection, row.same_as)
    return row
