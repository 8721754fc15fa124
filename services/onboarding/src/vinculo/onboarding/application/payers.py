"""The catalogue of payers, and the proposals of payers that applicants type in.

A tax id belongs to one payer. Two proposals with one name are one, unless their tax ids differ.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict, uuid7
from vinculo.eventstore import (
    PostgresEventStore,
    StoredEvent,
    execute,
    load_up_to_causation,
)
from vinculo.onboarding.domain.payer import Payer, PayerDetails, Unregistered
from vinculo.onboarding.domain.payer_decisions import (
    AcceptPayer,
    ChangePayer,
    NoSuchPayer,
    PayerCommand,
    ProposePayer,
    RefusePayer,
    RegisterPayer,
)
from vinculo.onboarding.forms.employment import TypedPayer
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.storage.payers import (
    PayerRow,
    PayerStatus,
    find_by_tax_id,
    find_payer,
    lock_payer_names,
    lock_tax_id,
    proposal_key,
    save_payer,
    search_payers,
)
from vinculo.onboarding.storage.streams import PayerCategory, PayerResult
from vinculo.onboarding.storage.tables import payer_proposals

MAX_RETRIES: Final = 3
IN_CATALOGUE = frozenset({PayerStatus.ACTIVE, PayerStatus.SUSPENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedPayer:
    """A payer as folded from its stream, and the stream's version."""

    payer_id: UUID
    payer: Payer
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerCatalogue:
    store: PostgresEventStore
    category: PayerCategory
    clock: Callable[[], datetime]

    async def register(
        self, payer_id: UUID, details: PayerDetails, registered_by: UUID, meta: Meta
    ) -> None:
        """Idempotent by the payer id. Raises TaxIdTaken."""
        command = RegisterPayer(details=details, registered_by=registered_by, now=self.clock())
        async with self.store.transaction() as connection:
            await self._check(connection, payer_id, command)
            await self._execute(connection, payer_id, command, meta)

    async def change(
        self,
        payer_id: UUID,
        command_for: Callable[[Payer], PayerCommand],
        *,
        expected_version: int,
        cause: UUID | None,
        meta: Meta,
    ) -> VersionedPayer:
        """Run a command on the payer at `expected_version`; the result is the payer after it.

        Idempotent by `cause`, the id of a request that may be repeated: a repetition returns the
        first result.

        Raises:
            NoSuchPayer: there is no such payer.
            VersionConflict: the payer is at another version.
            TaxIdTaken: another payer has the new tax id.
            InvalidForm: a refused duplicate names no payer of the catalogue.
            PayerCommandRefused: the payer's rules do not allow the command.

        """
        stream = self.category.stream_id(payer_id)
        async with self.store.transaction() as connection:
            history = await self.store.read(stream, connection=connection)
            known = self._folded(payer_id, history)
            if cause is not None:
                done = await load_up_to_causation(
                    self.store, self.category, payer_id, cause, connection=connection
                )
                if done is not None:
                    return VersionedPayer(payer_id=payer_id, payer=done.state, version=done.version)
            if known.version != expected_version:
                raise VersionConflict(stream, expected_version, known.version)
            command = command_for(known.payer)
            await self._check(connection, payer_id, command)
            caused = replace(meta, causation_id=cause)
            result = await self._execute(connection, payer_id, command, caused)
        return VersionedPayer(payer_id=payer_id, payer=result.state, version=result.version)

    async def read(self, payer_id: UUID) -> VersionedPayer:
        """Raises NoSuchPayer."""
        return self._folded(payer_id, await self.store.read(self.category.stream_id(payer_id)))

    async def search(
        self, query: str, statuses: Collection[PayerStatus], limit: int
    ) -> list[PayerRow]:
        async with self.store.engine.connect() as connection:
            return await search_payers(connection, query, statuses, limit)

    def _folded(self, payer_id: UUID, history: list[StoredEvent]) -> VersionedPayer:
        payer = self.category.decider.fold(self.category.codec.decode(event) for event in history)
        if isinstance(payer, Unregistered):
            raise NoSuchPayer
        return VersionedPayer(payer_id=payer_id, payer=payer, version=len(history))

    async def _check(
        self, connection: AsyncConnection, payer_id: UUID, command: PayerCommand
    ) -> None:
        """Check the rules that concern other payers, too."""
        match command:
            case RegisterPayer(details=details) | AcceptPayer(details=details):
                await lock_tax_id(connection, payer_id, details.tax_id)
            case ChangePayer(details=details):
                await lock_tax_id(connection, payer_id, details.tax_id)
            case RefusePayer(same_as=UUID() as survivor):
                row = await find_payer(connection, survivor)
                if row is None or row.status not in IN_CATALOGUE:
                    raise InvalidForm((FieldError("same_as", "payer_unknown"),))
            case _:
                pass

    async def _execute(
        self, connection: AsyncConnection, payer_id: UUID, command: PayerCommand, meta: Meta
    ) -> PayerResult:
        return await execute(
            self.store,
            self.category,
            payer_id,
            command,
            meta=meta,
            connection=connection,
            on_appended=partial(_store_row, payer_id),
        )


async def _store_row(payer_id: UUID, connection: AsyncConnection, result: PayerResult) -> None:
    await save_payer(connection, payer_id, result.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerProposals:
    store: PostgresEventStore
    category: PayerCategory
    clock: Callable[[], datetime]

    async def declarable(self, payer_id: UUID) -> UUID:
        """The id of a payer that may be declared. Raises InvalidForm."""
        async with self.store.engine.connect() as connection:
            row = await find_payer(connection, payer_id)
        if row is None:
            raise InvalidForm((FieldError("payer_id", "payer_unknown"),))
        _require_declarable(row, "payer_id")
        return row.payer_id

    async def require_declarable(self, payer: UUID | TypedPayer) -> None:
        """Raises InvalidForm if `declarable` or `propose` would; proposes nothing."""
        if isinstance(payer, UUID):
            await self.declarable(payer)
            return
        async with self.store.engine.connect() as connection:
            known = await _find_known(connection, payer)
        if known is not None:
            _require_declarable(known, "payer")

    async def propose(self, typed: TypedPayer, proposed_by: UUID, meta: Meta) -> UUID:
        """The id of the typed-in payer, proposed unless it is known. Raises InvalidForm."""
        for _ in range(MAX_RETRIES):
            try:
                return await self._propose(typed, proposed_by, meta)
            except VersionConflict:
                continue
        return await self._propose(typed, proposed_by, meta)

    async def _propose(self, typed: TypedPayer, proposed_by: UUID, meta: Meta) -> UUID:
        async with self.store.transaction() as connection:
            await lock_payer_names(connection, _lookup_keys(typed))
            known = await _find_known(connection, typed)
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
                on_appended=partial(_store_row, payer_id),
            )
            await _record_proposal(connection, payer_id, typed)
        return payer_id


async def _record_proposal(connection: AsyncConnection, payer_id: UUID, typed: TypedPayer) -> None:
    """A name shared by two payers leads to the one proposed last."""
    rows = [{"known_by": each, "payer_id": payer_id} for each in _lookup_keys(typed)]
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


def _lookup_keys(typed: TypedPayer) -> list[str]:
    """The joined name, and the tax id, on which the commands of operators lock, too."""
    name = proposal_key(typed.name)
    return [name] if typed.tax_id is None else [name, typed.tax_id]


async def _find_known(connection: AsyncConnection, typed: TypedPayer) -> PayerRow | None:
    name, *_ = _lookup_keys(typed)
    if typed.tax_id is None:
        return await _find_proposed(connection, name)
    known = await find_by_tax_id(connection, typed.tax_id)
    known = known or await _find_proposed(connection, typed.tax_id)
    if known is not None:
        return known
    namesake = await _find_proposed(connection, name)
    if namesake is None or namesake.status is not PayerStatus.PROPOSED:
        return None
    return namesake if namesake.tax_id is None else None


async def _find_proposed(connection: AsyncConnection, known_by: str) -> PayerRow | None:
    payer_id: UUID | None = await connection.scalar(
        select(payer_proposals.c.payer_id).where(payer_proposals.c.known_by == known_by)
    )
    row = None if payer_id is None else await find_payer(connection, payer_id)
    if row is not None and row.same_as is not None:
        return await find_payer(connection, row.same_as)
    return row
