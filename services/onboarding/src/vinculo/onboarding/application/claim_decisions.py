"""Decisions on claims: a granted one moves the document and makes the claimant a person.

The claimant's account is not active yet. As after every registration a link goes to the proven
mailbox, and the password of the submission activates it, or a new one with confirmed details.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict, uuid7
from vinculo.eventstore import PostgresEventStore, execute, load, load_up_to_causation
from vinculo.onboarding.application.activation_emails import new_activation_link
from vinculo.onboarding.application.document_claims import ClaimReader, ReadClaim
from vinculo.onboarding.application.sessions import end_sessions
from vinculo.onboarding.domain.activation_decisions import (
    MoveReservation,
    NoSuchApplication,
    require_in_progress,
)
from vinculo.onboarding.domain.application_decisions import GrantedClaim, RegisterApplicant
from vinculo.onboarding.domain.document_claim import (
    ClaimantDetails,
    ClaimDecided,
    ClaimReason,
    GrantClaim,
    RefuseClaim,
    RefuseForAnotherClaim,
)
from vinculo.onboarding.domain.identity_correction import OwnRecordCorrection
from vinculo.onboarding.domain.submission import PersonDetails, Submission
from vinculo.onboarding.forms.identity import PersonIdentity, document_identity
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.storage.accounts import add_account
from vinculo.onboarding.storage.document_claims import (
    ClaimState,
    end_claim,
    open_claims_to_documents_of,
)
from vinculo.onboarding.storage.identity_reservations import (
    hash_identity,
    lock_reservation,
    lock_reservations_of,
    move_reservation,
)
from vinculo.onboarding.storage.streams import ApplicationCategory, ClaimCategory
from vinculo.onboarding.storage.submissions import (
    SubmissionRow,
    add_submission,
    find_submission,
    hash_mailbox,
    record_links,
)
from vinculo.privacy import FurtherKey, KeyRing

MAX_ATTEMPTS: Final = 5


class DocumentHeldByAnother(Exception):
    """The document of the claim is not its holder's any more: granted to another, or corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDecisions:
    store: PostgresEventStore
    applications: ApplicationCategory
    claims: ClaimCategory
    keyring: KeyRing
    reader: ClaimReader
    rules: RegistrationRules
    hash_key: bytes
    clock: Callable[[], datetime]

    async def grant(
        self,
        claim_id: UUID,
        reason_code: ClaimReason,
        granted_by: UUID,
        expected_version: int,
        meta: Meta,
    ) -> ReadClaim:
        """Move the document to the claimant, and end the holder's sessions, in one transaction.

        The other open claims against the holder are refused with it.

        Idempotent by the causation id of `meta`.

        Raises:
            NoSuchClaim, ClaimDecided, ReasonNotFitting: as the claim's rules say.
            OwnRecordCorrection: the operator is the holder.
            DocumentHeldByAnother: the document is not the holder's any more.
            VersionConflict: the claim is not at the expected version.

        """
        claim = await self.reader.read(claim_id)
        if await self._was_decided(claim_id, meta.causation_id):
            return claim
        _require_other_person(claim, granted_by)
        if claim.version != expected_version:
            raise VersionConflict(self.claims.stream_id(claim_id), expected_version, claim.version)
        if claim.claimant is None:
            raise ClaimDecided
        command = GrantClaim(
            claimant_id=uuid7(), reason_code=reason_code, granted_by=granted_by, now=self.clock()
        )
        key_id = uuid4()
        await self.keyring.create_key(command.claimant_id)
        await self.keyring.create_key(command.claimant_id, key_id)
        grant = _Grant(claim=claim, claimant=claim.claimant, command=command, key_id=key_id)
        for attempt in range(MAX_ATTEMPTS):
            try:
                async with self.store.transaction() as connection:
                    await self._grant(connection, grant, meta)
                break
            except VersionConflict as conflict:
                of_the_claim = conflict.stream_id == self.claims.stream_id(claim_id)
                if of_the_claim or attempt == MAX_ATTEMPTS - 1:
                    raise
        return await self.reader.read(claim_id)

    async def refuse(
        self,
        claim_id: UUID,
        reason_code: ClaimReason,
        refused_by: UUID,
        expected_version: int,
        meta: Meta,
    ) -> ReadClaim:
        """As `grant`; the document stays the holder's."""
        claim = await self.reader.read(claim_id)
        if await self._was_decided(claim_id, meta.causation_id):
            return claim
        _require_other_person(claim, refused_by)
        command = RefuseClaim(reason_code=reason_code, refused_by=refused_by, now=self.clock())
        async with self.store.transaction() as connection:
            await execute(
                self.store,
                self.claims,
                claim_id,
                command,
                subject=claim.row.holder,
                meta=meta,
                expected_version=expected_version,
                connection=connection,
            )
            await end_claim(connection, claim_id, ClaimState.REFUSED, command.now)
        return await self.reader.read(claim_id)

    async def _was_decided(self, claim_id: UUID, cause: UUID | None) -> bool:
        if cause is None:
            return False
        known = await load_up_to_causation(self.store, self.claims, claim_id, cause)
        return known is not None

    async def _grant(self, connection: AsyncConnection, grant: "_Grant", meta: Meta) -> None:
        """The reservation is locked before the streams, as everywhere, to avoid deadlocks."""
        holder, command = grant.claim.row.holder, grant.command
        identity_hash = hash_identity(self.hash_key, document_identity(grant.identity, self.rules))
        held_by = await lock_reservation(connection, identity_hash)
        await lock_reservations_of(connection, holder)
        await execute(
            self.store,
            self.claims,
            grant.claim.row.claim_id,
            command,
            subject=holder,
            meta=meta,
            expected_version=grant.claim.version,
            connection=connection,
        )
        if held_by != holder:
            raise DocumentHeldByAnother
        submission, row = await self._submission(connection, grant)
        await execute(
            self.store,
            self.applications,
            holder,
            MoveReservation(
                claim_id=grant.claim.row.claim_id,
                person_id=holder,
                claimant_id=command.claimant_id,
                now=command.now,
            ),
            meta=meta,
            connection=connection,
        )
        await move_reservation(
            connection, identity_hash, previous=holder, person_id=command.claimant_id
        )
        await self._register(connection, grant, submission, row, meta)
        await end_claim(connection, grant.claim.row.claim_id, ClaimState.GRANTED, command.now)
        await self._refuse_others(connection, grant, meta)
        await end_sessions(self.store, connection, holder)

    async def _submission(
        self, connection: AsyncConnection, grant: "_Grant"
    ) -> tuple[Submission, SubmissionRow]:
        loaded = await load(
            self.store, self.applications, grant.claim.row.holder, connection=connection
        )
        try:
            application = require_in_progress(loaded.state)
        except NoSuchApplication:
            raise DocumentHeldByAnother from None
        submission = application.submissions.get(grant.claim.row.submission_id)
        row = await find_submission(connection, grant.claim.row.submission_id)
        if submission is None or row is None:
            raise ClaimDecided
        return submission, row

    async def _refuse_others(
        self, connection: AsyncConnection, grant: "_Grant", meta: Meta
    ) -> None:
        """The holder's application has ended, so no other claim against it can be granted."""
        command = grant.command
        for claim in await open_claims_to_documents_of(connection, grant.claim.row.holder):
            await execute(
                self.store,
                self.claims,
                claim.claim_id,
                RefuseForAnotherClaim(granted_by=command.granted_by, now=command.now),
                subject=claim.holder,
                meta=replace(meta, causation_id=grant.claim.row.claim_id),
                connection=connection,
            )
            await end_claim(connection, claim.claim_id, ClaimState.REFUSED, command.now)

    async def _register(
        self,
        connection: AsyncConnection,
        grant: "_Grant",
        submission: Submission,
        row: SubmissionRow,
        meta: Meta,
    ) -> None:
        """The claimant's own application, whose registration has the id of the claim."""
        claim, command = grant.claim.row, grant.command
        person_id, person = command.claimant_id, grant.person
        result = await execute(
            self.store,
            self.applications,
            person_id,
            RegisterApplicant(
                registration_id=claim.claim_id,
                project=submission.project,
                channel=submission.channel,
                locale=submission.locale,
                country=submission.country,
                document_type=submission.document_type,
                person=person,
                consents=submission.consents,
                link=new_activation_link(command.now),
                claim=GrantedClaim(claim_id=claim.claim_id, holder=claim.holder),
                now=command.now,
            ),
            encryptor=FurtherKey(self.keyring, grant.key_id),
            meta=meta,
            connection=connection,
        )
        await add_account(
            connection,
            person_id=person_id,
            registration_id=claim.claim_id,
            project=submission.project,
            country=submission.country,
            password_hash=row.password_hash,
        )
        copied = SubmissionRow(
            submission_id=claim.claim_id,
            person_id=person_id,
            key_id=grant.key_id,
            password_hash=row.password_hash,
            email_hash=hash_mailbox(self.hash_key, person_id, person.email),
        )
        await add_submission(connection, copied, command.now)
        await record_links(connection, person_id, result.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """`key_id` is the key of the claimant's submission in their own application."""

    claim: ReadClaim
    claimant: ClaimantDetails
    command: GrantClaim
    key_id: UUID

    @property
    def person(self) -> PersonDetails:
        return PersonDetails(
            document_number=self.claimant.document_number,
            given_names=self.claimant.given_names,
            surnames=self.claimant.surnames,
            birth_date=self.claimant.birth_date,
            email=self.claimant.email,
            phone=self.claimant.phone,
        )

    @property
    def identity(self) -> PersonIdentity:
        return PersonIdentity(
            country=self.claim.opened.country,
            document_type=self.claim.opened.document_type,
            document_number=self.claimant.document_number,
            given_names=self.claimant.given_names,
            surnames=self.claimant.surnames,
            birth_date=self.claimant.birth_date,
        )


def _require_other_person(claim: ReadClaim, operator: UUID) -> None:
    if operator == claim.row.holder:
        raise OwnRecordCorrection
