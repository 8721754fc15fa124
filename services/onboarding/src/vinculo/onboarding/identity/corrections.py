"""Correcting who a person is: a pre-customer at once, a customer when an operator approves.

The document of a correction is reserved in the transaction of its event, so that one document stays
one person; the old one is free from the moment the new one counts.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import Category, CommandResult, PostgresEventStore, execute
from vinculo.onboarding.accounts.sign_in_attempts import SignInAttempts
from vinculo.onboarding.domain.activation_decisions import ApplicationRefused
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.domain.identity_correction import CorrectIdentity, RequestIdentityCorrection
from vinculo.onboarding.forms.identity import (
    PersonalDetailsBody,
    PersonIdentity,
    document_identity,
    identity_details,
    validate_identity,
)
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.own.history import OwnHistory, own_history
from vinculo.onboarding.own.opening import Opener
from vinculo.onboarding.own.person import current_person, own_person
from vinculo.onboarding.registering.taking_over import ReservationLost, take_over
from vinculo.onboarding.storage.accounts import CUSTOMER, Account, AccountClosed, find_by_document
from vinculo.onboarding.storage.identity_reservations import (
    DocumentTaken,
    hash_identity,
    record_open,
    replace_reservations,
    reserve,
)
from vinculo.privacy import KeyRing, keyed_hash

Prove = Callable[[UUID, str], Awaitable[Account]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What came of it: None where nothing differed; `requested` waits for an operator."""

    correction_id: UUID | None
    requested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrections:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing
    prove: Prove
    attempts: SignInAttempts
    rules: RegistrationRules
    hash_key: bytes
    today: Callable[[], date]
    clock: Callable[[], datetime]

    async def correct(self, person_id: UUID, body: PersonalDetailsBody, meta: Meta) -> Correction:
        """Raises what `prove` raises, FormRefused, TooManyAttempts, DocumentTaken."""
        account = await self.prove(person_id, body.password)
        history = await self.history(person_id)
        current = await current_person(self.opener, history)
        if current is None:
            raise AccountClosed
        wanted = validate_identity(
            body, current, project=account.project, rules=self.rules, today=self.today()
        )
        if history.correction is not None:
            asked_for = own_person((await self.opener.opened([history.correction]))[0])
            if asked_for == wanted:
                return Correction(correction_id=history.correction.correction_id, requested=True)
        if wanted == current:
            return Correction(correction_id=None, requested=False)
        if self.hash_of(wanted) != self.hash_of(current):
            await self._count_document(person_id)
        requested = account.kind == CUSTOMER
        correction_id = uuid4()
        await self._record(person_id, correction_id, wanted, meta, requested=requested)
        return Correction(correction_id=correction_id, requested=requested)

    async def history(self, person_id: UUID) -> OwnHistory:
        stored = await self.store.read(self.applications.stream_id(person_id))
        return own_history([self.applications.codec.decode(event) for event in stored])

    @property
    def opener(self) -> Opener:
        return Opener(applications=self.applications, keyring=self.keyring)

    def hash_of(self, person: PersonIdentity) -> bytes:
        return hash_identity(self.hash_key, document_identity(person, self.rules))

    async def _count_document(self, person_id: UUID) -> None:
        """Few tries, ever slower: that a document is taken must not be found out by the hundred."""
        counter = keyed_hash(self.hash_key, "identity-correction", str(person_id))
        await self.attempts.count([counter], self.clock())

    async def _record(
        self,
        person_id: UUID,
        correction_id: UUID,
        wanted: PersonIdentity,
        meta: Meta,
        *,
        requested: bool,
    ) -> None:
        now, identity_hash = self.clock(), self.hash_of(wanted)

        async def alongside(
            connection: AsyncConnection, _: CommandResult[Application, ApplicationEvent]
        ) -> None:
            """The stream comes before the reservations, as in an erasure."""
            await self._take_from_lapsed(connection, person_id, identity_hash, meta)
            if requested:
                await reserve(connection, person_id, identity_hash)
                await record_open(connection, correction_id, person_id, now)
            else:
                await replace_reservations(connection, person_id, identity_hash)

        kind = RequestIdentityCorrection if requested else CorrectIdentity
        command = kind(
            correction_id=correction_id,
            country=wanted.country,
            document_type=wanted.document_type,
            identity=identity_details(wanted),
            now=now,
        )
        await execute(
            self.store,
            self.applications,
            person_id,
            command,
            sealer=self.keyring,
            meta=meta,
            on_appended=alongside,
        )

    async def _take_from_lapsed(
        self, connection: AsyncConnection, person_id: UUID, identity_hash: bytes, meta: Meta
    ) -> None:
        """A registration that lapsed gives its document up here as it does to one that registers.

        Raises DocumentTaken when it was revived, erased or taken over at the same time.
        """
        holder = await find_by_document(connection, identity_hash)
        if holder is None or holder.person_id == person_id or not holder.may_be_taken_over:
            return
        try:
            await take_over(
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
