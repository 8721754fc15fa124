"""Corrections of an identity: a pre-customer's at once, a customer's after an operator's approval.

The document of a correction is reserved in the transaction of its event, so that one document stays
one person; the old document is free as soon as the correction is effective.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import (
    OnAppended,
    PostgresEventStore,
    execute,
    load_up_to_causation,
)
from vinculo.onboarding.application.activation import hash_birth_date
from vinculo.onboarding.application.applicant_view import (
    ApplicantReader,
    identity_of_event,
)
from vinculo.onboarding.application.authentication import Reauthenticator
from vinculo.onboarding.application.login_throttle import LoginThrottle
from vinculo.onboarding.application.registration import ReservationLost, take_over_document
from vinculo.onboarding.domain.activation_decisions import ApplicationRefused
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.domain.identity_correction import (
    ApproveIdentityCorrection,
    CorrectIdentity,
    CorrectionNote,
    CorrectionRefusal,
    NoSuchCorrection,
    RefuseIdentityCorrection,
    RequestIdentityCorrection,
)
from vinculo.onboarding.forms.identity import (
    PersonalDetailsBody,
    PersonIdentity,
    document_identity,
    identity_details,
    validate_identity,
)
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.storage.accounts import (
    CUSTOMER,
    AccountClosed,
    find_by_document,
    update_account,
)
from vinculo.onboarding.storage.identity_reservations import (
    DocumentTaken,
    OpenCorrectionRow,
    hash_identity,
    list_open_corrections,
    lock_reservations_of,
    person_of_decided_correction,
    person_of_open_correction,
    record_decided,
    record_open,
    replace_reservations,
    reserve,
)
from vinculo.onboarding.storage.streams import ApplicationCategory, ApplicationResult
from vinculo.privacy import KeyRing, keyed_hash

MAX_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionResult:
    """`correction_id` is None if nothing changed; `requested` waits for an operator."""

    correction_id: UUID | None
    requested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrectionService:
    reader: ApplicantReader
    reauthenticator: Reauthenticator
    store: PostgresEventStore
    applications: ApplicationCategory
    keyring: KeyRing
    throttle: LoginThrottle
    rules: RegistrationRules
    hash_key: bytes
    today: Callable[[], date]
    clock: Callable[[], datetime]

    async def correct(
        self, person_id: UUID, body: PersonalDetailsBody, meta: Meta
    ) -> CorrectionResult:
        """Correct the identity, or request the correction of a customer's.

        Raises PasswordWrong, TooManyAttempts, AccountClosed, InvalidForm, CorrectionOpenAlready or
        DocumentTaken.
        """
        account = await self.reauthenticator.require_password(person_id, body.password)
        history = await self.reader.history(person_id)
        current = await self.reader.current_identity(history)
        if current is None:
            raise AccountClosed
        corrected = validate_identity(
            body, current, project=account.project, rules=self.rules, today=self.today()
        )
        if history.correction is not None:
            (requested_event,) = await self.reader.decrypted([history.correction])
            if identity_of_event(requested_event) == corrected:
                return CorrectionResult(
                    correction_id=history.correction.correction_id, requested=True
                )
        if corrected == current:
            return CorrectionResult(correction_id=None, requested=False)
        if self.hash_of(corrected) != self.hash_of(current):
            await self._throttle_documents(person_id)
        requested = account.kind == CUSTOMER
        correction_id = uuid4()
        await self._record(person_id, correction_id, corrected, meta, requested=requested)
        return CorrectionResult(correction_id=correction_id, requested=requested)

    def hash_of(self, person: PersonIdentity) -> bytes:
        return hash_identity(self.hash_key, document_identity(person, self.rules))

    async def _throttle_documents(self, person_id: UUID) -> None:
        """Slow down probing for documents that are registered. Raises TooManyAttempts."""
        key = keyed_hash(self.hash_key, "identity-correction", str(person_id))
        await self.throttle.count_attempt([key], self.clock())

    async def _record(
        self,
        person_id: UUID,
        correction_id: UUID,
        corrected: PersonIdentity,
        meta: Meta,
        *,
        requested: bool,
    ) -> None:
        now, identity_hash = self.clock(), self.hash_of(corrected)

        async def update_reservations(connection: AsyncConnection, _: ApplicationResult) -> None:
            await self._take_over_if_lapsed(connection, person_id, identity_hash, meta)
            if requested:
                await reserve(connection, person_id, identity_hash)
                await record_open(connection, correction_id, person_id, now)
            else:
                await replace_reservations(connection, person_id, identity_hash)
                await self.record_birth_date(connection, person_id, corrected)

        kind = RequestIdentityCorrection if requested else CorrectIdentity
        command = kind(
            correction_id=correction_id,
            country=corrected.country,
            document_type=corrected.document_type,
            identity=identity_details(corrected),
            now=now,
        )
        await self.append_locked(person_id, command, meta, update_reservations)

    async def append_locked(
        self,
        person_id: UUID,
        command: ApplicationCommand,
        meta: Meta,
        on_appended: OnAppended[Application, ApplicationEvent],
    ) -> None:
        """Execute the command with the person's reservations locked before the stream.

        A registration of the document locks both in the same order. Raises what the decision does,
        and VersionConflict after all retries.
        """
        for attempt in range(MAX_ATTEMPTS):
            try:
                async with self.store.transaction() as connection:
                    await lock_reservations_of(connection, person_id)
                    await execute(
                        self.store,
                        self.applications,
                        person_id,
                        command,
                        encryptor=self.keyring,
                        meta=meta,
                        connection=connection,
                        on_appended=on_appended,
                    )
            except VersionConflict:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
            else:
                return

    async def record_birth_date(
        self, connection: AsyncConnection, person_id: UUID, effective: PersonIdentity
    ) -> None:
        """Keep the hash by which a later registration of the document is compared."""
        hashed = hash_birth_date(self.hash_key, person_id, effective.birth_date)
        await update_account(connection, person_id, birth_date_hash=hashed)

    async def _take_over_if_lapsed(
        self, connection: AsyncConnection, person_id: UUID, identity_hash: bytes, meta: Meta
    ) -> None:
        """Take the document over from a lapsed application, as a registration does.

        Raises:
            DocumentTaken: it was revived, erased or taken over at the same time.

        """
        holder = await find_by_document(connection, identity_hash)
        if holder is None or holder.person_id == person_id or not holder.may_be_taken_over:
            return
        try:
            await take_over_document(
                self.store,
                self.applications,
                connection,
                identity_hash,
                previous=holder.person_id,
                person_id=person_id,
                now=self.clock(),
                meta=meta,
            )
        except (ApplicationRefused, ReservationLost):
            raise DocumentTaken from None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionForReview:
    row: OpenCorrectionRow
    current: PersonIdentity
    requested: PersonIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionReviewService:
    corrections: IdentityCorrectionService

    async def open(self, limit: int) -> list[CorrectionForReview]:
        """The oldest first, without those of people whose key is already destroyed."""
        async with self.corrections.store.engine.connect() as connection:
            rows = await list_open_corrections(connection, limit)
        found = [await self._read(row) for row in rows]
        return [each for each in found if each is not None]

    async def approve(self, correction_id: UUID, decided_by: UUID, meta: Meta) -> None:
        """Idempotent by the causation id of `meta`.

        Raises NoSuchCorrection, CorrectionDecided or OwnRecordCorrection.
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
        """As `approve`."""
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
        effective: PersonIdentity,
        meta: Meta,
    ) -> None:
        """Of the two documents, only that of the `effective` identity stays reserved."""
        service = self.corrections

        async def update_reservations(connection: AsyncConnection, _: ApplicationResult) -> None:
            await replace_reservations(connection, command.person_id, service.hash_of(effective))
            await service.record_birth_date(connection, command.person_id, effective)
            await record_decided(connection, command.correction_id, command.person_id)

        await service.append_locked(command.person_id, command, meta, update_reservations)

    async def _was_decided(self, correction_id: UUID, cause: UUID | None) -> bool:
        """Whether the request with this causation id was already handled."""
        if cause is None:
            return False
        service = self.corrections
        async with service.store.engine.connect() as connection:
            person_id = await person_of_decided_correction(connection, correction_id)
        if person_id is None:
            return False
        return (
            await load_up_to_causation(service.store, service.applications, person_id, cause)
            is not None
        )

    async def _find(self, correction_id: UUID) -> CorrectionForReview:
        async with self.corrections.store.engine.connect() as connection:
            person_id = await person_of_open_correction(connection, correction_id)
        if person_id is None:
            raise NoSuchCorrection
        history = await self.corrections.reader.history(person_id)
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

    async def _read(self, row: OpenCorrectionRow) -> CorrectionForReview | None:
        reader = self.corrections.reader
        history = await reader.history(row.person_id)
        if history.correction is None or history.correction.correction_id != row.correction_id:
            return None
        (event,) = await reader.decrypted([history.correction])
        requested = identity_of_event(event)
        current = await reader.current_identity(history)
        if requested is None or current is None:
            return None
        return CorrectionForReview(row=row, current=current, requested=requested)
