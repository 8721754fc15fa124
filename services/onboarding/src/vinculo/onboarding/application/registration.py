"""Registration: one document has one registration, also under concurrent requests.

The response is the same whether or not the document was registered before, and costs the same
hashing; only the owner learns of it, by e-mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.events import Meta, VersionConflict, uuid7
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.httpapi.rate_limits import Quota, RateLimiter
from vinculo.onboarding.application.activation import new_activation_link, store_activation_links
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.domain.activation_decisions import ApplicationRefused, TakeOverReservation
from vinculo.onboarding.domain.application_decisions import RegisterApplicant, RepeatRegistration
from vinculo.onboarding.forms.registration import Registration
from vinculo.onboarding.storage.accounts import Account, add_account, find_by_document
from vinculo.onboarding.storage.identity_reservations import (
    hash_identity,
    move_reservation,
    reserve_if_free,
)
from vinculo.onboarding.storage.streams import ApplicationCategory, ApplicationResult
from vinculo.privacy import KeyRing, keyed_hash
from vinculo.values.identity_documents import Identity

MAX_ATTEMPTS: Final = 5
CHECK_WINDOW: Final = timedelta(hours=1)


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
    hasher: PasswordHasher
    hash_key: bytes
    clock: Callable[[], datetime]

    async def register(self, registration: Registration, registration_id: UUID, meta: Meta) -> None:
        """Register, or repeat the registration; the id of a repeated one leads to nothing."""
        password_hash = await self.hasher.hash(registration.password)
        applicant = _Applicant(
            registration=registration,
            registration_id=registration_id,
            identity_hash=hash_identity(self.hash_key, registration.identity),
            password_hash=password_hash,
        )
        for _ in range(MAX_ATTEMPTS):
            holder = await self._holder(applicant.identity_hash)
            if holder is None or holder.may_be_taken_over:
                previous = None if holder is None else holder.person_id
                if await self._register_new_person(applicant, previous, meta):
                    return
            else:
                await self._repeat(holder.person_id, applicant, meta)
                return
        raise RuntimeError("the document was registered and freed repeatedly")

    async def _holder(self, identity_hash: bytes) -> Account | None:
        async with self.store.engine.connect() as connection:
            return await find_by_document(connection, identity_hash)

    async def _register_new_person(
        self, applicant: "_Applicant", previous: UUID | None, meta: Meta
    ) -> bool:
        """Whether the document was free. The key is committed first: unused, it is harmless."""
        person_id = uuid7()
        await self.keyring.create_key(person_id)
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
                await self._start(connection, applicant, person_id, meta)
        except (VersionConflict, ApplicationRefused, ReservationLost):
            return False
        return True

    async def _start(
        self, connection: AsyncConnection, applicant: "_Applicant", person_id: UUID, meta: Meta
    ) -> None:
        registration = applicant.registration

        async def record_account(connection: AsyncConnection, result: ApplicationResult) -> None:
            await add_account(
                connection,
                person_id=person_id,
                registration_id=applicant.registration_id,
                project=registration.project,
                country=registration.country,
                password_hash=applicant.password_hash,
            )
            await store_activation_links(connection, person_id, result)

        await execute(
            self.store,
            self.applications,
            person_id,
            _registration_command(registration, applicant.registration_id, self.clock()),
            encryptor=self.keyring,
            meta=meta,
            connection=connection,
            on_appended=record_account,
        )

    async def _repeat(self, holder: UUID, applicant: "_Applicant", meta: Meta) -> None:
        """Ignores failures, which the response must not reveal."""
        now = self.clock()

        async def record_links(connection: AsyncConnection, result: ApplicationResult) -> None:
            await store_activation_links(connection, holder, result)

        command = RepeatRegistration(
            registration_id=applicant.registration_id,
            channel=applicant.registration.channel,
            link=new_activation_link(now),
            now=now,
        )
        try:
            await execute(
                self.store,
                self.applications,
                holder,
                command,
                meta=meta,
                on_appended=record_links,
            )
        except (ApplicationRefused, VersionConflict):
            return


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

    The stream of `previous` serializes this with a revival, an erasure and other takeovers: one of
    them succeeds. The stream is locked before the reservation, as in an erasure, to avoid
    deadlocks.

    Raises:
        ReservationLost: another person has taken the document over.
        ApplicationRefused: the application is not lapsed any more.
        VersionConflict: a concurrent append won.

    """
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


def _registration_command(
    registration: Registration, registration_id: UUID, now: datetime
) -> RegisterApplicant:
    return RegisterApplicant(
        registration_id=registration_id,
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
