"""Registering: one document, one registration, however many try at once.

The answer is the same whether or not the document was registered before, and takes the same work
of hashing; only the owner is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict, uuid7
from vinculo.eventstore import Category, CommandResult, PostgresEventStore, execute
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.domain.activation_decisions import ApplicationRefused
from vinculo.onboarding.domain.application import (
    ActivationLink,
    ActivationLinkIssued,
    Application,
    ApplicationEvent,
)
from vinculo.onboarding.domain.application_decisions import (
    ApplicationCommand,
    RegisterApplicant,
    RepeatRegistration,
)
from vinculo.onboarding.forms.registration import Registration
from vinculo.onboarding.registering.taking_over import ReservationLost, take_over
from vinculo.onboarding.storage.accounts import (
    Account,
    add_account,
    add_activation_link,
    find_by_document,
)
from vinculo.onboarding.storage.identity_reservations import hash_identity, reserve_if_free
from vinculo.privacy import KeyRing

LINK_LIFETIME: Final = timedelta(hours=24)
TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing
    passwords: Passwords
    hash_key: bytes
    clock: Callable[[], datetime]

    async def register(self, registration: Registration, registration_id: UUID, meta: Meta) -> None:
        """The id tells nothing: after a repeat it is nobody's."""
        password_hash = await self.passwords.hash(registration.password)
        applicant = _Applicant(
            registration=registration,
            registration_id=registration_id,
            identity_hash=hash_identity(self.hash_key, registration.identity),
            password_hash=password_hash,
        )
        for _ in range(TRIES):
            holder = await self._holder(applicant.identity_hash)
            if holder is None or holder.may_be_taken_over:
                previous = None if holder is None else holder.person_id
                if await self._register_anew(applicant, previous, meta):
                    return
            else:
                await self._repeat(holder.person_id, applicant, meta)
                return
        raise RuntimeError("the document was registered and freed over and over")

    async def _holder(self, identity_hash: bytes) -> Account | None:
        async with self.store.engine.connect() as connection:
            return await find_by_document(connection, identity_hash)

    async def _register_anew(
        self, applicant: "_Applicant", previous: UUID | None, meta: Meta
    ) -> bool:
        """Whether the document was free. The key commits first: one without events harms nobody."""
        person_id = uuid7()
        await self.keyring.create_key(person_id)
        try:
            async with self.store.transaction() as connection:
                if previous is None:
                    if not await reserve_if_free(connection, applicant.identity_hash, person_id):
                        return False
                else:
                    await take_over(
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

        async def note_account(
            connection: AsyncConnection, outcome: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await add_account(
                connection,
                person_id=person_id,
                registration_id=applicant.registration_id,
                project=registration.project,
                country=registration.country,
                password_hash=applicant.password_hash,
            )
            await keep_links(connection, person_id, outcome)

        await execute(
            self.store,
            self.applications,
            person_id,
            _command(registration, applicant.registration_id, self.clock()),
            sealer=self.keyring,
            meta=meta,
            connection=connection,
            on_appended=note_account,
        )

    async def _repeat(self, owner: UUID, applicant: "_Applicant", meta: Meta) -> None:
        """What cannot be recorded is dropped: the answer must not tell."""
        now = self.clock()

        async def note_links(
            connection: AsyncConnection, outcome: CommandResult[Application, ApplicationEvent]
        ) -> None:
            await keep_links(connection, owner, outcome)

        command = RepeatRegistration(
            registration_id=applicant.registration_id,
            channel=applicant.registration.channel,
            link=new_link(now),
            now=now,
        )
        try:
            await execute(
                self.store,
                self.applications,
                owner,
                command,
                meta=meta,
                on_appended=note_links,
            )
        except (ApplicationRefused, VersionConflict):
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applicant:
    registration: Registration
    registration_id: UUID
    identity_hash: bytes
    password_hash: str


def new_link(now: datetime, link_id: UUID | None = None) -> ActivationLink:
    """An id that nobody can guess: the token is derived from it. It must not tell when it was."""
    return ActivationLink(link_id=link_id or uuid4(), expires_at=now + LINK_LIFETIME)


async def keep_links(
    connection: AsyncConnection,
    person_id: UUID,
    outcome: CommandResult[Application, ApplicationEvent],
) -> None:
    """Note whose links were issued, in the transaction that issues them."""
    for event in outcome.events:
        if isinstance(event, ActivationLinkIssued):
            await add_activation_link(connection, event.link_id, person_id)


def _command(registration: Registration, registration_id: UUID, now: datetime) -> RegisterApplicant:
    return RegisterApplicant(
        registration_id=registration_id,
        project=registration.project,
        channel=registration.channel,
        locale=registration.locale,
        country=registration.country,
        document_type=registration.document_type,
        person=registration.person,
        consents=registration.consents,
        link=new_link(now),
        now=now,
    )
