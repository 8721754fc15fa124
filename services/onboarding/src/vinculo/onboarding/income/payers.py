"""The catalogue of payers as operations keep it: each command on one payer, once per tax id."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import (
    Category,
    CommandResult,
    PostgresEventStore,
    StoredEvent,
    execute,
    load_up_to_causation,
)
from vinculo.onboarding.domain.payer import Payer, PayerDetails, PayerEvent, Unregistered
from vinculo.onboarding.domain.payer_decisions import (
    AcceptPayer,
    ChangePayer,
    NoSuchPayer,
    PayerCommand,
    RefusePayer,
    RegisterPayer,
)
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.storage.payers import (
    PayerRow,
    PayerStatus,
    find_payer,
    lock_tax_id,
    save_payer,
    search_payers,
)

IN_CATALOGUE = frozenset({PayerStatus.ACTIVE, PayerStatus.SUSPENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPayer:
    """A payer as its stream tells, and how many events the stream has."""

    payer_id: UUID
    payer: Payer
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payers:
    store: PostgresEventStore
    category: Category[PayerCommand, Payer, PayerEvent]
    clock: Callable[[], datetime]

    async def register(
        self, payer_id: UUID, details: PayerDetails, registered_by: UUID, meta: Meta
    ) -> None:
        """Raises TaxIdTaken. The same payer id again changes nothing."""
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
    ) -> KnownPayer:
        """Run what an operator orders of the payer as it is at `expected_version`.

        Raises NoSuchPayer, VersionConflict, TaxIdTaken. `cause` is the id of the request where it
        may come again: what it did the first time is told, and nothing is done twice.
        """
        stream = self.category.stream_id(payer_id)
        async with self.store.transaction() as connection:
            history = await self.store.read(stream, connection=connection)
            known = self._known(payer_id, history)
            if cause is not None:
                done = await load_up_to_causation(
                    self.store, self.category, payer_id, cause, connection=connection
                )
                if done is not None:
                    return KnownPayer(payer_id=payer_id, payer=done.state, version=done.version)
            if known.version != expected_version:
                raise VersionConflict(stream, expected_version, known.version)
            command = command_for(known.payer)
            await self._check(connection, payer_id, command)
            caused = replace(meta, causation_id=cause)
            outcome = await self._execute(connection, payer_id, command, caused)
        return KnownPayer(payer_id=payer_id, payer=outcome.state, version=outcome.version)

    async def read(self, payer_id: UUID) -> KnownPayer:
        """Raises NoSuchPayer."""
        return self._known(payer_id, await self.store.read(self.category.stream_id(payer_id)))

    async def search(
        self, query: str, statuses: Collection[PayerStatus], limit: int
    ) -> list[PayerRow]:
        async with self.store.engine.connect() as connection:
            return await search_payers(connection, query, statuses, limit)

    def _known(self, payer_id: UUID, history: list[StoredEvent]) -> KnownPayer:
        payer = self.category.decider.fold(self.category.codec.decode(event) for event in history)
        if isinstance(payer, Unregistered):
            raise NoSuchPayer
        return KnownPayer(payer_id=payer_id, payer=payer, version=len(history))

    async def _check(
        self, connection: AsyncConnection, payer_id: UUID, command: PayerCommand
    ) -> None:
        """What no single payer's stream can tell."""
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
    ) -> CommandResult[Payer, PayerEvent]:
        return await execute(
            self.store,
            self.category,
            payer_id,
            command,
            meta=meta,
            connection=connection,
            on_appended=partial(note_row, payer_id),
        )


async def note_row(
    payer_id: UUID, connection: AsyncConnection, outcome: CommandResult[Payer, PayerEvent]
) -> None:
    await save_payer(connection, payer_id, outcome.state)
