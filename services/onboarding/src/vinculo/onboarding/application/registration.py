"""Registration: every registration of a document is received, also under concurrent requests.

The response is the same whether or not the document was registered before, and costs the same
hashing; only the mailbox that was given learns of it, and the owner of an active account.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.contracts.onboarding import CONTESTED_FROM
from vinculo.events import Meta, VersionConflict, uuid7
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.httpapi.rate_limits import Quota, RateLimited, RateLimiter
from vinculo.onboarding.application.activation import comparison_hashes
from vinculo.onboarding.application.activation_emails import new_activation_link
from vinculo.onboarding.application.applicant_view import ApplicantReader, PersonErased
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.domain.activation_decisions import ApplicationRefused, TakeOverReservation
from vinculo.onboarding.domain.application_decisions import RegisterApplicant, RepeatRegistration
from vinculo.onboarding.forms.registration import Registration
from vinculo.onboarding.storage.accounts import (
    BLOCKED,
    Account,
    add_account,
    find_account,
    find_by_document,
)
from vinculo.onboarding.storage.identity_reservations import (
    hash_identity,
    lock_reservation,
    move_reservation,
    reserve_if_free,
)
from vinculo.onboarding.storage.streams import ApplicationCategory
from vinculo.onboarding.storage.submissions import (
    SubmissionRow,
    add_submission,
    count_submissions,
    find_submission,
    hash_mailbox,
    record_links,
)
from vinculo.privacy import FurtherKey, KeyDestroyed, KeyRing, keyed_hash
from vinculo.values.identity_documents import Identity

MAX_ATTEMPTS: Final = 5
CHECK_WINDOW: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SUBMISSIONS_TO_AN_ADDRESS: Final = (Quota(3, DAY),)
SUBMISSIONS_FROM_A_NETWORK: Final = (Quota(5, DAY),)

log = structlog.get_logger()


class DuplicateHint(StrEnum):
    """Whether document checks answer: never, a limited number of times, or always."""

    NEVER = "never"
    LIMITED = "limited"
    PUBLIC = "public"


class ReservationLost(Exception):
    """Another person took the document over at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    store: PostgresEventStore
    applications: ApplicationCategory
    keyring: KeyRing
    reader: ApplicantReader
    hasher: PasswordHasher
    rate_limiter: RateLimiter
    hash_key: bytes
    clock: Callable[[], datetime]

    async def register(
        self, registration: Registration, registration_id: UUID, network: str, meta: Meta
    ) -> None:
        """Receive a submission for the document, the first one or a further one.

        Its link goes to its own address. Beyond the limits per address and per `network`, which is
        the client's, and for a blocked person, nothing happens, which the response does not reveal.
        """
        password_hash = await self.hasher.hash(registration.password)
        applicant = _Applicant(
            registration=registration,
            registration_id=registration_id,
            identity_hash=hash_identity(self.hash_key, registration.identity),
            password_hash=password_hash,
        )
        if await self._was_received(registration_id) or not await self._within_limits(
            applicant, network
        ):
            return
        for _ in range(MAX_ATTEMPTS):
            holder = await self._holder(applicant.identity_hash)
            try:
                if holder is None or holder.may_be_taken_over:
                    previous = None if holder is None else holder.person_id
                    is_done = await self._register_new_person(applicant, previous, meta)
                else:
                    is_done = await self._submit_again(holder, applicant, meta)
            except (VersionConflict, ReservationLost):
                continue
            if is_done:
                return
        raise RuntimeError("the document was registered and freed repeatedly")

    async def _was_received(self, registration_id: UUID) -> bool:
        async with self.store.engine.connect() as connection:
            return await find_submission(connection, registration_id) is not None

    async def _within_limits(self, applicant: "_Applicant", network: str) -> bool:
        """Never per document alone, which would let a stranger lock its holder out."""
        document, email = applicant.identity_hash.hex(), applicant.registration.person.email
        to_address = keyed_hash(self.hash_key, "submission-address", document, email)
        from_network = keyed_hash(self.hash_key, "submission-network", document, network)
        try:
            await self.rate_limiter.hit(to_address, SUBMISSIONS_TO_AN_ADDRESS, self.clock())
            await self.rate_limiter.hit(from_network, SUBMISSIONS_FROM_A_NETWORK, self.clock())
        except RateLimited:
            return False
        return True

    async def _holder(self, identity_hash: bytes) -> Account | None:
        async with self.store.engine.connect() as connection:
            return await find_by_document(connection, identity_hash)

    async def _register_new_person(
        self, applicant: "_Applicant", previous: UUID | None, meta: Meta
    ) -> bool:
        """Whether the document was free. Keys are committed first: unused, they are harmless."""
        person_id, key_id = uuid7(), uuid4()
        await self.keyring.create_key(person_id)
        await self.keyring.create_key(person_id, key_id)
        try:
            async with self.store.transaction() as connection:
                if previous is None:
                    if not await reserve_if_free(connection, applicant.identity_hash, person_id):
                        return False
                else:
                    await take_over_document(
                        self.store,
                        self.applications,
                        connection,
                        applicant.identity_hash,
                        previous=previous,
                        person_id=person_id,
                        now=self.clock(),
                        meta=meta,
                    )
                await self._start(connection, applicant, person_id, key_id, meta)
        except ApplicationRefused:
            return False
        return True

    async def _start(
        self,
        connection: AsyncConnection,
        applicant: "_Applicant",
        person_id: UUID,
        key_id: UUID,
        meta: Meta,
    ) -> None:
        registration, now = applicant.registration, self.clock()
        command = RegisterApplicant(
            registration_id=applicant.registration_id,
            project=registration.project,
            channel=registration.channel,
            locale=registration.locale,
            country=registration.country,
            document_type=registration.document_type,
            person=registration.person,
            consents=registration.consents,
            link=new_activation_link(now),
            now=now,
        )
        result = await execute(
            self.store,
            self.applications,
            person_id,
            command,
            encryptor=FurtherKey(self.keyring, key_id),
            meta=meta,
            connection=connection,
        )
        await add_account(
            connection,
            person_id=person_id,
            registration_id=applicant.registration_id,
            project=registration.project,
            country=registration.country,
            password_hash=applicant.password_hash,
        )
        row = self._submission_row(applicant, person_id, key_id)
        await add_submission(connection, row, now)
        await record_links(connection, person_id, result.events)

    async def _submit_again(self, found: Account, applicant: "_Applicant", meta: Meta) -> bool:
        """Whether the holder is still the same; refusals are ignored.

        The reservation is locked before the stream is read, so that no submission is lost to a
        conflict with another one.
        """
        registration, now, key_id = applicant.registration, self.clock(), uuid4()
        holder = found.person_id
        given = comparison_hashes(self.hash_key, holder, registration.person)
        current = await self._current_hashes(found)
        try:
            await self.keyring.create_key(holder, key_id)
        except KeyDestroyed:
            return True
        async with self.store.transaction() as connection:
            if await lock_reservation(connection, applicant.identity_hash) != holder:
                return False
            account = await find_account(connection, holder)
            if (
                account is None
                or account.may_be_taken_over
                or account.email_verified_at != found.email_verified_at
            ):
                return False
            if account.registry_status == BLOCKED:
                return True
            command = RepeatRegistration(
                submission_id=applicant.registration_id,
                project=registration.project,
                channel=registration.channel,
                locale=registration.locale,
                country=registration.country,
                document_type=registration.document_type,
                person=registration.person,
                consents=registration.consents,
                link=new_activation_link(now),
                differs=current not in ({}, given),
                now=now,
            )
            try:
                result = await execute(
                    self.store,
                    self.applications,
                    holder,
                    command,
                    encryptor=FurtherKey(self.keyring, key_id),
                    meta=meta,
                    connection=connection,
                )
            except ApplicationRefused:
                return True
            if result.events:
                row = self._submission_row(applicant, holder, key_id)
                await add_submission(connection, row, now)
                await record_links(connection, holder, result.events)
            open_submissions = await count_submissions(connection, holder)
        if open_submissions >= CONTESTED_FROM:
            log.warning("document-contested", person_id=str(holder), count=open_submissions)
        return True

    async def _current_hashes(self, account: Account) -> dict[str, bytes]:
        """Those of an active account; of one from an earlier version, read from its details."""
        if account.email_verified_at is None:
            return {}
        if account.email_hash is not None and account.birth_date_hash is not None:
            return {"email_hash": account.email_hash, "birth_date_hash": account.birth_date_hash}
        try:
            details = await self.reader.details(account.person_id)
        except PersonErased:
            return {}
        return comparison_hashes(self.hash_key, account.person_id, details)

    def _submission_row(
        self, applicant: "_Applicant", person_id: UUID, key_id: UUID
    ) -> SubmissionRow:
        email = applicant.registration.person.email
        return SubmissionRow(
            submission_id=applicant.registration_id,
            person_id=person_id,
            key_id=key_id,
            password_hash=applicant.password_hash,
            email_hash=hash_mailbox(self.hash_key, person_id, email),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applicant:
    registration: Registration
    registration_id: UUID
    identity_hash: bytes
    password_hash: str


async def take_over_document(
    store: PostgresEventStore,
    applications: ApplicationCategory,
    connection: AsyncConnection,
    identity_hash: bytes,
    *,
    previous: UUID,
    person_id: UUID,
    now: datetime,
    meta: Meta,
) -> None:
    """End the lapsed application of `previous`, then move its reservation, in one transaction.

    The reservation and the stream of `previous` serialize this with a revival, an erasure and other
    takeovers: one of them succeeds. The reservation is locked first, as everywhere, to avoid
    deadlocks.

    Raises:
        ReservationLost: another person has taken the document over.
        ApplicationRefused: the application is not lapsed any more.
        VersionConflict: a concurrent append won.

    """
    if await lock_reservation(connection, identity_hash) != previous:
        raise ReservationLost
    result = await execute(
        store,
        applications,
        previous,
        TakeOverReservation(now=now),
        meta=meta,
        connection=connection,
    )
    if not result.events or not await move_reservation(
        connection, identity_hash, previous=previous, person_id=person_id
    ):
        raise ReservationLost


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChecks:
    """Limited checks have a quota per client network and one per document, of any client."""

    engine: AsyncEngine
    rate_limiter: RateLimiter
    hint: DuplicateHint
    checks_per_hour: int
    checks_per_document: int
    hash_key: bytes
    clock: Callable[[], datetime]

    async def registered(self, identity: Identity, network: str) -> bool | None:
        """None if this installation does not answer. Raises RateLimited.

        A document that can be taken over counts as not registered.
        """
        if self.hint is DuplicateHint.NEVER:
            return None
        identity_hash = hash_identity(self.hash_key, identity)
        if self.hint is DuplicateHint.LIMITED:
            await self._hit(self.checks_per_hour, "document-check", network)
            await self._hit(self.checks_per_document, "checked-document", identity_hash.hex())
        async with self.engine.connect() as connection:
            holder = await find_by_document(connection, identity_hash)
        return holder is not None and not holder.may_be_taken_over

    async def _hit(self, limit: int, *key: str) -> None:
        quota = Quota(limit, CHECK_WINDOW)
        await self.rate_limiter.hit(keyed_hash(self.hash_key, *key), (quota,), self.clock())
