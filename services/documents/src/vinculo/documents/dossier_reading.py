"""Dossiers read for people: with the reviewers' notes opened, and the version they stand at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from vinculo.documents.domain.dossier_commands import DossierNotOpen
from vinculo.documents.dossier_streams import DOSSIER_CODEC, DOSSIERS
from vinculo.documents.dossier_view import DossierView, dossier_view
from vinculo.documents.people_access import require_not_erased
from vinculo.events import Erased, Sealed
from vinculo.eventstore import PostgresEventStore


class Opener(Protocol):
    async def open_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDossier:
    """`notes` are the reviewers' words, by document id or by the code of what they demanded."""

    view: DossierView
    version: int
    notes: Mapping[UUID | str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierReading:
    store: PostgresEventStore
    opener: Opener

    async def of(self, person_id: UUID) -> ReadDossier:
        """Raises DossierNotOpen, PersonErased."""
        async with self.store.transaction() as connection:
            await require_not_erased(connection, person_id)
            stored = await self.store.read(DOSSIERS.stream_id(person_id), connection=connection)
        view = dossier_view(DOSSIER_CODEC.decode(event) for event in stored)
        if view is None:
            raise DossierNotOpen
        return ReadDossier(view=view, version=len(stored), notes=await self._notes(view))

    async def _notes(self, view: DossierView) -> Mapping[UUID | str, str]:
        sealed: dict[UUID | str, Sealed] = {
            each.document_id: each.note for each in view.documents if each.note is not None
        }
        sealed.update(view.demands.items())
        if not sealed:
            return {}
        opened = await self.opener.open_many(
            [(note.subject, note.event_id, note.envelope) for note in sealed.values()]
        )
        return {
            about: str(plain["note"])
            for about, plain in zip(sealed, opened, strict=True)
            if not isinstance(plain, Erased)
        }
