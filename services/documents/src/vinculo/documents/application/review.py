"""Review of documents, and the queue of submitted dossiers that await it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.documents.application.dossier_queries import PersonUnknown
from vinculo.documents.domain.dossier import Dossier, DossierEvent
from vinculo.documents.domain.dossier_decisions import (
    AcceptDocument,
    DemandDocument,
    DocumentUnknown,
    DossierNotOpen,
    RejectDocument,
)
from vinculo.documents.storage.person_access import require_not_erased
from vinculo.documents.storage.review_queue import (
    QueuedDossier,
    list_review_queue,
    update_review_queue,
)
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.documents.storage.uploads import find_upload
from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import (
    CommandResult,
    Encryptor,
    PostgresEventStore,
    execute,
    load_up_to_causation,
)
from vinculo.httpapi.cursors import ListPosition, decode_cursor, encode_cursor


class OwnDossier(Exception):
    """A reviewer may not review their own documents."""


class DossierChanged(Exception):
    """The reviewer has seen an older version of the dossier."""

    def __init__(self, person_id: UUID) -> None:
        super().__init__(str(person_id))
        self.person_id = person_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewService:
    """Review commands. Each raises OwnDossier, PersonErased, DossierChanged or DossierRefused.

    With an idempotency key, `meta.causation_id` is the id that all repeats of the request share:
    a repeat has no effect, even if the dossier has changed since. Repeats do not run concurrently.
    """

    store: PostgresEventStore
    encryptor: Encryptor

    async def accept(self, command: AcceptDocument, *, meta: Meta, expected_version: int) -> None:
        """Raises DocumentUnknown."""
        person_id = await self._owner_of(command.document_id)
        await self._review(person_id, command, command.accepted_by, meta, expected_version)

    async def reject(self, command: RejectDocument, *, meta: Meta, expected_version: int) -> None:
        """Raises DocumentUnknown."""
        person_id = await self._owner_of(command.document_id)
        await self._review(person_id, command, command.rejected_by, meta, expected_version)

    async def demand(
        self,
        person_id: UUID,
        command: DemandDocument,
        *,
        meta: Meta,
        expected_version: int,
    ) -> None:
        """Raises PersonUnknown."""
        try:
            await self._review(person_id, command, command.demanded_by, meta, expected_version)
        except DossierNotOpen:
            raise PersonUnknown from None

    async def _review(
        self,
        person_id: UUID,
        command: AcceptDocument | RejectDocument | DemandDocument,
        reviewer: UUID,
        meta: Meta,
        expected_version: int,
    ) -> None:
        if person_id == reviewer:
            raise OwnDossier
        if await self._is_repeat(person_id, meta.causation_id):
            return

        async def on_appended(
            connection: AsyncConnection, result: CommandResult[Dossier, DossierEvent]
        ) -> None:
            await require_not_erased(connection, person_id)
            await update_review_queue(connection, person_id, result)

        try:
            await execute(
                self.store,
                DOSSIERS,
                person_id,
                command,
                encryptor=self.encryptor,
                meta=meta,
                expected_version=expected_version,
                on_appended=on_appended,
            )
        except VersionConflict:
            raise DossierChanged(person_id) from None

    async def _is_repeat(self, person_id: UUID, causation_id: UUID | None) -> bool:
        if causation_id is None:
            return False
        done = await load_up_to_causation(self.store, DOSSIERS, person_id, causation_id)
        return done is not None

    async def _owner_of(self, document_id: UUID) -> UUID:
        async with self.store.engine.begin() as connection:
            upload = await find_upload(connection, document_id)
            person_id = None if upload is None else upload.person_id
            if person_id is None:
                raise DocumentUnknown(str(document_id))
            await require_not_erased(connection, person_id)
        return person_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQueuePage:
    dossiers: Sequence[QueuedDossier]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQueue:
    engine: AsyncEngine

    async def page(self, *, cursor: str | None, limit: int) -> ReviewQueuePage:
        """At most `limit` dossiers behind the cursor, oldest first. Raises CursorUnreadable."""
        after = None if cursor is None else decode_cursor(cursor)
        async with self.engine.connect() as connection:
            found = await list_review_queue(connection, after=after, limit=limit + 1)
        dossiers = found[:limit]
        last = dossiers[-1] if len(found) > limit else None
        next_cursor = (
            None if last is None else encode_cursor(ListPosition(last.submitted_at, last.person_id))
        )
        return ReviewQueuePage(dossiers=dossiers, next_cursor=next_cursor)
