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

from vinculo.eventstore import (
    Category,
    Meta,
    Outcome,
    PostgresEventStore,
    VersionConflict,
    execute,
    uuid7,
)
from vinculo.onboarding.accounts import add_account, add_link, holders, reserve_document
from vinculo.onboarding.domain.application import (
    ActivationLink,
    Application,
)
from vinculo.onboarding.domain.application_commands import (
    ApplicationCommand,
    RegisterApplicant,
    RepeatRegistration,
)
from vinculo.onboarding.domain.application_events import ApplicationEvent
from vinculo.onboarding.domain.application_refusals import (
    ApplicationRefused,
)
from vinculo.onboarding.domain.step_events import ActivationLinkIssued
from vinculo.onboarding.fields.identity_documents import Identity
from vinculo.onboarding.passwords import Passwords
from vinculo.onboarding.registration_form import Registration
from vinculo.privacy import KeyRing, keyed_hash

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

    async def register(self, registration: Registration, meta: Meta) -> UUID:
        """Give a registration id, which tells nothing."""
        registration_id = uuid4()
        password_hash = await self.passwords.hash(registration.password)
        identity_hash = hash_of_identity(self.hash_key, registration.identity)
        for _ in range(TRIES):
            owner = await self._owner(identity_hash)
            if owner is not None:
                await self._repeat(owner, registration, meta)
                return registration_id
            if await self._register_anew(
                registration, registration_id, identity_hash, password_hash, meta
            ):
                return registration_id
        raise RuntimeError("the document was registered and erased over and over")

    async def _owner(self, identity_hash: bytes) -> UUID | None:
        async with self.store.engine.connect() as connection:
            found = await holders(connection, [identity_hash])
        return found[0][1] if found else None

    async def _register_anew(
        self,
        registration: Registration,
        registration_id: UUID,
        identity_hash: bytes,
        password_hash: str,
        meta: Meta,
    ) -> bool:
        """Whether the document was free. The key commits first: one without events harms nobody."""
        person_id = uuid7()
        await self.keyring.create_key(person_id)
        async with self.store.transaction() as connection:
            if not await reserve_document(connection, identity_hash, person_id):
                return False

            async def note_account(
                connection: AsyncConnection, outcome: Outcome[Application, ApplicationEvent]
            ) -> None:
                await add_account(
                    connection,
                    person_id=person_id,
                    project=registration.project,
                    country=registration.country,
                    password_hash=password_hash,
                )
                await keep_links(connection, person_id, outcome)

            await execute(
                self.store,
                self.applications,
                person_id,
                _command(registration, registration_id, self.clock()),
                sealer=self.keyring,
                meta=meta,
                connection=connection,
                alongside=note_account,
            )
        return True

    async def _repeat(self, owner: UUID, registration: Registration, meta: Meta) -> None:
        """What cannot be recorded is dropped: the answer must not tell."""
        now = self.clock()

        async def note_links(
            connection: AsyncConnection, outcome: Outcome[Application, ApplicationEvent]
        ) -> None:
            await keep_links(connection, owner, outcome)

        command = RepeatRegistration(channel=registration.channel, link=new_link(now), now=now)
        try:
            await execute(
                self.store,
                self.applications,
                owner,
                command,
                meta=meta,
                alongside=note_links,
            )
        except (ApplicationRefused, VersionConflict):
            return


def hash_of_identity(hash_key: bytes, identity: Identity) -> bytes:
    return keyed_hash(hash_key, identity.country, identity.kind, identity.number)


def new_link(now: datetime) -> ActivationLink:
    """A random id: the token is derived from it, and it must not tell when it was made."""
    return ActivationLink(link_id=uuid4(), expires_at=now + LINK_LIFETIME)


async def keep_links(
    connection: AsyncConnection, person_id: UUID, outcome: Outcome[Application, ApplicationEvent]
) -> None:
    """Note whose links were issued, in the transaction that issues them."""
    for event in outcome.events:
        if isinstance(event, ActivationLinkIssued):
            await add_link(connection, event.link_id, person_id)


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
