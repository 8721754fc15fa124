"""Corrections that customers asked for, as operators see and decide them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import CommandResult, execute, load_up_to_causation
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.identity_correction import (
    ApproveIdentityCorrection,
    CorrectionNote,
    CorrectionRefusal,
    NoSuchCorrection,
    RefuseIdentityCorrection,
)
from vinculo.onboarding.forms.identity import PersonIdentity, identity_details
from vinculo.onboarding.identity.corrections import IdentityCorrections
from vinculo.onboarding.own.person import current_person, own_person
from vinculo.onboarding.storage.identity_reservations import (
    OpenCorrectionRow,
    list_open_corrections,
    person_of_decided_correction,
    person_of_open_correction,
    record_decided,
    replace_reservations,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCorrection:
    row: OpenCorrectionRow
    current: PersonIdentity
    requested: PersonIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionDesk:
    corrections: IdentityCorrections

    async def open(self, limit: int) -> list[OpenCorrection]:
        """Those that wait longest first, without those of people who are being erased."""
        async with self.corrections.store.engine.connect() as connection:
            rows = await list_open_corrections(connection, limit)
        found = [await self._read(row) for row in rows]
        return [each for each in found if each is not None]

    async def approve(self, correction_id: UUID, decided_by: UUID, meta: Meta) -> None:
        """Raises NoSuchCorrection, CorrectionDecided, OwnCorrection.

        With a causation id, a request that comes again is answered as the first time.
        """
        if await self._was_decided(correction_id, meta.causation_id):
            return
        correction = await self._find(correction_id)
        person_id = correction.row.person_id
        command = ApproveIdentityCorrection(
            correction_id=correction_id,
            person_id=person_id,
            identity=identity_details(correction.requested),
            decided_by=decided_by,
            now=self.corrections.clock(),
        )
        await self._decide(command, correction.requested, meta)

    async def refuse(
        self,
        correction_id: UUID,
        reason_code: CorrectionRefusal,
        note: str | None,
        refused_by: UUID,
        meta: Meta,
    ) -> None:
        """As of approving."""
        if await self._was_decided(correction_id, meta.causation_id):
            return
        correction = await self._find(correction_id)
        command = RefuseIdentityCorrection(
            correction_id=correction_id,
            person_id=correction.row.person_id,
            reason_code=reason_code,
            note=None if note is None else CorrectionNote(note=note),
            refused_by=refused_by,
            now=self.corrections.clock(),
        )
        await self._decide(command, correction.current, meta)

    async def _decide(
        self,
        command: ApproveIdentityCorrection | RefuseIdentityCorrection,
        counts: PersonIdentity,
        meta: Meta,
    ) -> None:
        """Of the two documents only that of the identity that counts stays reserved."""
        using = self.corrections

        async def alongside(
            connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await replace_reservations(connection, command.person_id, using.hash_of(counts))
            await record_decided(connection, command.correction_id, command.person_id)

        await execute(
            using.store,
            using.applications,
            command.person_id,
            command,
            sealer=using.keyring,
            meta=meta,
            on_appended=alongside,
        )

    async def _was_decided(self, correction_id: UUID, cause: UUID | None) -> bool:
        """By the request that comes again."""
        if cause is None:
            return False
        using = self.corrections
        async with using.store.engine.connect() as connection:
            person_id = await person_of_decided_correction(connection, correction_id)
        if person_id is None:
            return False
        return (
            await load_up_to_causation(using.store, using.applications, person_id, cause)
            is not None
        )

    async def _find(self, correction_id: UUID) -> OpenCorrection:
        async with self.corrections.store.engine.connect() as connection:
            person_id = await person_of_open_correction(connection, correction_id)
        if person_id is None:
            raise NoSuchCorrection
        history = await self.corrections.history(person_id)
        if history.correction is None:
            raise NoSuchCorrection
        row = OpenCorrectionRow(
            correction_id=correction_id,
            person_id=person_id,
            requested_at=history.correction.requested_at,
        )
        found = await self._read(row)
        if found is None:
            raise NoSuchCorrection
        return found

    async def _read(self, row: OpenCorrectionRow) -> OpenCorrection | None:
        history, opener = await self.corrections.history(row.person_id), self.corrections.opener
        if history.correction is None or history.correction.correction_id != row.correction_id:
            return None
        requested = own_person((await opener.opened([history.correction]))[0])
        current = await current_person(opener, history)
        if requested is None or current is None:
            return None
        return OpenCorrection(row=row, current=current, requested=requested)
