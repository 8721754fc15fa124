"""Claims to a document that another person activated: opening and reading them.

A valid link of a submission that lost reveals that the document is active, and opens a claim to
it. The details of the submission become those of the claim, under the submission's key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.access import Role
from vinculo.events import Meta, Sealed
from vinculo.eventstore import PostgresEventStore, execute, load
from vinculo.httpapi.cursors import ListPosition, decode_cursor, encode_cursor
from vinculo.httpapi.rate_limits import Quota, RateLimiter
from vinculo.onboarding.application.access_tokens import ACCESS_TOKEN_LIFETIME, AccessTokens
from vinculo.onboarding.application.activation import Activator, LinkUnknown
from vinculo.onboarding.application.applicant_view import (
    ApplicantReader,
    CurrentContacts,
    PersonErased,
)
from vinculo.onboarding.domain.activation_decisions import (
    ApplicationRefused,
    DocumentActivatedByAnother,
    require_in_progress,
)
from vinculo.onboarding.domain.document_claim import (
    UNDECIDED_CLAIMS_END_AFTER,
    ClaimantDetails,
    ClaimDecided,
    ClaimDocument,
    ClaimReason,
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
    NoSuchClaim,
)
from vinculo.onboarding.domain.submission import PersonDetails, Submission
from vinculo.onboarding.forms.identity import PersonIdentity
from vinculo.onboarding.storage.accounts import BLOCKED, find_account
from vinculo.onboarding.storage.document_claims import (
    ClaimRow,
    ClaimState,
    add_claim,
    claim_of_submission,
    find_claim,
    list_claims,
)
from vinculo.onboarding.storage.identity_reservations import lock_reservations_of
from vinculo.onboarding.storage.streams import ApplicationCategory, ClaimCategory
from vinculo.onboarding.storage.submissions import (
    SubmissionRow,
    find_submission,
    submission_of_link,
)
from vinculo.privacy import FurtherKey, KeyRing, keyed_hash

CLAIMS_OF_AN_ADDRESS: Final = (Quota(1, timedelta(days=7)),)


class DocumentNotActivated(Exception):
    """The document has no active account: the link activates one, so there is nothing to claim."""


class DocumentClaimedAlready(Exception):
    """There is or was a claim by this submission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAccess:
    """An access token whose subject is the claim; it sends files for the claim and lists them."""

    claim: ClaimRow
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOpening:
    store: PostgresEventStore
    applications: ApplicationCategory
    claims: ClaimCategory
    keyring: KeyRing
    reader: ApplicantReader
    activator: Activator
    tokens: AccessTokens
    rate_limiter: RateLimiter
    hash_key: bytes
    clock: Callable[[], datetime]

    async def open(
        self, link_id: UUID, token: str, statement: str | None, claim_id: UUID, meta: Meta
    ) -> ClaimRow:
        """Open a claim for the submission of the link; the same again for the same `claim_id`.

        Raises:
            LinkUnknown, ApplicationRefused: the link cannot be used.
            DocumentNotActivated: the link can still activate the document.
            DocumentClaimedAlready: the submission has or had a claim.
            RateLimited: the address has opened a claim in the last seven days.

        """
        row = await self._losing_submission(link_id, token)
        async with self.store.engine.connect() as connection:
            known = await claim_of_submission(connection, row.submission_id)
        if known is not None:
            return _same_request(known, claim_id)
        try:
            details = await self.reader.submitted_details(row.person_id, row.submission_id)
        except PersonErased:
            raise LinkUnknown from None
        claimant = _claimant(details, statement)
        async with self.store.transaction() as connection:
            return await self._open(connection, row, claim_id, claimant, meta)

    async def issue_token(self, link_id: UUID, token: str) -> ClaimAccess:
        """A token for the open claim of the link's submission, as often as the link is usable.

        Raises:
            LinkUnknown, ApplicationRefused, DocumentNotActivated: as `open`.
            NoSuchClaim: the submission has no claim.
            ClaimDecided: the claim has ended.

        """
        row = await self._losing_submission(link_id, token)
        async with self.store.engine.connect() as connection:
            claim = await claim_of_submission(connection, row.submission_id)
        now = self.clock()
        if claim is None:
            raise NoSuchClaim
        if claim.state is not ClaimState.OPEN or now >= claim.expires_at:
            raise ClaimDecided
        issued = self.tokens.issue(
            claim.claim_id, {Role.CLAIMANT}, now, session_id=claim.claim_id, registry_version=0
        )
        return ClaimAccess(claim=claim, token=issued, expires_at=now + ACCESS_TOKEN_LIFETIME)

    async def _losing_submission(self, link_id: UUID, token: str) -> SubmissionRow:
        try:
            await self.activator.prove_mailbox(link_id, token)
        except DocumentActivatedByAnother:
            pass
        else:
            raise DocumentNotActivated
        async with self.store.engine.connect() as connection:
            found = await submission_of_link(connection, link_id)
            row = (
                None
                if found is None or found[1] is None
                else await find_submission(connection, found[1])
            )
        if row is None:
            raise LinkUnknown
        return row

    async def _open(
        self,
        connection: AsyncConnection,
        row: SubmissionRow,
        claim_id: UUID,
        claimant: ClaimantDetails,
        meta: Meta,
    ) -> ClaimRow:
        """Under the lock of the document, against an erasure and another claim at once."""
        await lock_reservations_of(connection, row.person_id)
        account = await find_account(connection, row.person_id)
        if account is None or account.registry_status == BLOCKED:
            raise LinkUnknown
        known = await claim_of_submission(connection, row.submission_id)
        if known is not None:
            return _same_request(known, claim_id)
        submission = await self._submission(connection, row)
        now = self.clock()
        address = keyed_hash(self.hash_key, "claim-address", claimant.email)
        await self.rate_limiter.hit(address, CLAIMS_OF_AN_ADDRESS, now, connection)
        command = ClaimDocument(
            claim_id=claim_id,
            submission_id=row.submission_id,
            locale=submission.locale,
            country=submission.country,
            document_type=submission.document_type,
            claimant=claimant,
            now=now,
        )
        await execute(
            self.store,
            self.claims,
            claim_id,
            command,
            subject=row.person_id,
            encryptor=FurtherKey(self.keyring, row.key_id),
            meta=meta,
            connection=connection,
        )
        claim = ClaimRow(
            claim_id=claim_id,
            holder=row.person_id,
            submission_id=row.submission_id,
            state=ClaimState.OPEN,
            opened_at=now,
            expires_at=now + UNDECIDED_CLAIMS_END_AFTER,
        )
        await add_claim(connection, claim)
        return claim

    async def _submission(self, connection: AsyncConnection, row: SubmissionRow) -> Submission:
        loaded = await load(self.store, self.applications, row.person_id, connection=connection)
        try:
            application = require_in_progress(loaded.state)
        except ApplicationRefused:
            raise LinkUnknown from None
        submission = application.submissions.get(row.submission_id)
        if submission is None:
            raise LinkUnknown
        return submission


def _same_request(known: ClaimRow, claim_id: UUID) -> ClaimRow:
    if known.claim_id != claim_id:
        raise DocumentClaimedAlready
    return known


def _claimant(details: PersonDetails, statement: str | None) -> ClaimantDetails:
    return ClaimantDetails(
        document_number=details.document_number,
        given_names=details.given_names,
        surnames=details.surnames,
        birth_date=details.birth_date,
        email=details.email,
        phone=details.phone,
        statement=statement,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDecision:
    """`by` is None for a claim that expired."""

    at: datetime
    reason_code: ClaimReason | None = None
    by: UUID | None = None
    claimant_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadClaim:
    """A claim with its claimant; `claimant` is None once the key of the submission is destroyed."""

    row: ClaimRow
    opened: DocumentClaimOpened
    claimant: ClaimantDetails | None
    decision: ClaimDecision | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has the document, as their account says; both are None once it is erased."""

    identity: PersonIdentity | None
    contacts: CurrentContacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage:
    claims: list[ReadClaim]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReader:
    store: PostgresEventStore
    claims: ClaimCategory
    keyring: KeyRing
    reader: ApplicantReader

    async def page(self, state: ClaimState | None, cursor: str | None, limit: int) -> ClaimPage:
        """At most `limit` claims behind the cursor, the oldest first.

        Raises:
            CursorUnreadable: the cursor is not one of this list.

        """
        after = None if cursor is None else decode_cursor(cursor)
        async with self.store.engine.connect() as connection:
            rows = await list_claims(connection, state, after, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        next_cursor = (
            None if last is None else encode_cursor(ListPosition(last.opened_at, last.claim_id))
        )
        claims = [await self._read(row) for row in rows[:limit]]
        return ClaimPage(claims=claims, next_cursor=next_cursor)

    async def read(self, claim_id: UUID) -> ReadClaim:
        """Raises NoSuchClaim."""
        async with self.store.engine.connect() as connection:
            row = await find_claim(connection, claim_id)
        if row is None:
            raise NoSuchClaim
        return await self._read(row)

    async def holder(self, claim: ReadClaim) -> Holder:
        history = await self.reader.history(claim.row.holder)
        return Holder(
            identity=await self.reader.current_identity(history),
            contacts=await self.reader.current_contacts(history),
        )

    async def _read(self, row: ClaimRow) -> ReadClaim:
        stored = await self.store.read(self.claims.stream_id(row.claim_id))
        events = [self.claims.codec.decode(event) for event in stored]
        opened = events[0] if events else None
        if not isinstance(opened, DocumentClaimOpened):
            raise NoSuchClaim
        return ReadClaim(
            row=row,
            opened=opened,
            claimant=await self._claimant(opened),
            decision=None if len(events) == 1 else _decision(events[-1]),
            version=len(events),
        )

    async def _claimant(self, opened: DocumentClaimOpened) -> ClaimantDetails | None:
        part = opened.personal
        if not isinstance(part, Sealed):
            return None
        plain = await self.keyring.decrypt(part.subject, part.event_id, part.envelope)
        decrypted = self.claims.codec.with_personal(opened, plain).personal
        return decrypted if isinstance(decrypted, ClaimantDetails) else None


def _decision(event: object) -> ClaimDecision | None:
    match event:
        case DocumentClaimGranted():
            return ClaimDecision(
                at=event.granted_at,
                reason_code=event.reason_code,
                by=event.granted_by,
                claimant_id=event.claimant_id,
            )
        case DocumentClaimRefused():
            return ClaimDecision(
                at=event.refused_at, reason_code=event.reason_code, by=event.refused_by
            )
        case DocumentClaimExpired():
            return ClaimDecision(at=event.expired_at)
        case _:
            return None
