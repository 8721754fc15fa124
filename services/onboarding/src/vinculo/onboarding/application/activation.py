"""Activation: a link proves a mailbox, and the password which submission of it becomes the account.

Anyone can register a document, so the use of a link alone would activate whatever a stranger typed
last. Who forgot the password confirms the details and sets a new one in the same request.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import PostgresEventStore, execute, load
from vinculo.onboarding.application.applicant_view import ApplicantReader, PersonErased
from vinculo.onboarding.application.authentication import PasswordWrong
from vinculo.onboarding.application.login_throttle import LoginThrottle
from vinculo.onboarding.application.password_hasher import PasswordHasher, PasswordVerification
from vinculo.onboarding.domain.activation_decisions import (
    ActivateSubmission,
    DocumentActivatedByAnother,
    LinkUsed,
    NoSuchApplication,
    require_in_progress,
    require_usable_link,
)
from vinculo.onboarding.domain.application import InProgress
from vinculo.onboarding.domain.submission import Consent, EmailVerifiedV2, PersonDetails
from vinculo.onboarding.forms.registration import (
    ActivationDetailsBody,
    RegistrationRules,
    validate_activation,
)
from vinculo.onboarding.storage.accounts import BLOCKED, Account, find_account, update_account
from vinculo.onboarding.storage.identity_reservations import lock_reservations_of
from vinculo.onboarding.storage.streams import ApplicationCategory
from vinculo.onboarding.storage.submissions import (
    MAX_CANDIDATES,
    SubmissionRow,
    delete_submission,
    find_submission,
    hash_mailbox,
    submission_of_link,
    submissions_of_mailbox,
)
from vinculo.privacy import KeyRing, keyed_hash, link_token

MAX_ATTEMPTS: Final = 5


class LinkUnknown(Exception):
    """No such link, a wrong token, or a person erased or blocked; not revealed which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activator:
    store: PostgresEventStore
    applications: ApplicationCategory
    keyring: KeyRing
    reader: ApplicantReader
    hasher: PasswordHasher
    throttle: LoginThrottle
    rules: RegistrationRules
    hash_key: bytes
    link_key: bytes
    today: Callable[[], date]
    clock: Callable[[], datetime]

    async def activate(self, link_id: UUID, token: str, password: str, meta: Meta) -> UUID:
        """Activate the submission of the link's mailbox that the password fits.

        Three hashes are computed, however many submissions there are. The result is the person
        whose account is now active.

        Raises:
            LinkUnknown: no such link.
            ApplicationRefused: the link was used, replaced, or has expired, or the document was
                activated by another submission.
            PasswordWrong: the password fits none; counted, and delayed after some tries.
            TooManyAttempts: the next try has to wait.

        """
        proven = await self.prove_mailbox(link_id, token)
        tries = keyed_hash(self.hash_key, "activation", str(link_id))
        await self.throttle.count_attempt([tries], self.clock())
        fitting = await self._fitting(proven.candidates, password)
        if fitting is None:
            raise PasswordWrong
        await self.throttle.clear_after_success(tries, [tries])
        row, verification = fitting
        chosen = _Chosen(
            row=row,
            password_hash=verification.new_hash or row.password_hash,
            person=await self._details(row),
        )
        return await self._activate(link_id, chosen, meta)

    async def activate_with_new_password(
        self,
        link_id: UUID,
        token: str,
        new_password: str,
        body: ActivationDetailsBody,
        meta: Meta,
    ) -> UUID:
        """Activate the newest submission of the link's mailbox with other details and password.

        Raises:
            InvalidForm: the details or the password are not valid.
            LinkUnknown, ApplicationRefused: as `activate`.

        """
        proven = await self.prove_mailbox(link_id, token)
        row = proven.candidates[0]
        submission = proven.application.submissions.get(row.submission_id)
        if submission is None:
            raise LinkUnknown
        submitted, today = await self._details(row), self.today()
        person, consents = await self.hasher.run_in_pool(
            lambda: validate_activation(
                body, new_password, submission, submitted, rules=self.rules, today=today
            )
        )
        chosen = _Chosen(
            row=row,
            password_hash=await self.hasher.hash(new_password),
            person=person,
            consents=consents,
        )
        return await self._activate(link_id, chosen, meta)

    async def prove_mailbox(self, link_id: UUID, token: str) -> "ProvenMailbox":
        """The link's application, and the open submissions to its mailbox.

        Raises:
            LinkUnknown, ApplicationRefused: as `activate`.

        """
        expected = link_token(self.link_key, link_id)
        if not hmac.compare_digest(expected.encode(), token.encode()):
            raise LinkUnknown
        async with self.store.engine.connect() as connection:
            found = await submission_of_link(connection, link_id)
            account = None if found is None else await find_account(connection, found[0])
            row = (
                None
                if found is None or found[1] is None
                else await find_submission(connection, found[1])
            )
            candidates = [] if row is None else await submissions_of_mailbox(connection, row)
        if account is None or account.registry_status == BLOCKED:
            raise LinkUnknown
        loaded = await load(self.store, self.applications, account.person_id)
        try:
            application = require_in_progress(loaded.state)
        except NoSuchApplication:
            raise LinkUnknown from None
        try:
            require_usable_link(application, link_id, self.clock())
        except DocumentActivatedByAnother:
            if row is not None and row.email_hash == account.email_hash:
                raise LinkUsed from None
            raise
        if not candidates:
            raise LinkUnknown
        return ProvenMailbox(account=account, application=application, candidates=candidates)

    async def _fitting(
        self, candidates: list[SubmissionRow], password: str
    ) -> tuple[SubmissionRow, PasswordVerification] | None:
        fitting = None
        padded = [*candidates, *[None] * (MAX_CANDIDATES - len(candidates))]
        for row in padded:
            known = None if row is None else row.password_hash
            verification = await self.hasher.verify(password, known)
            if row is not None and verification.matches and fitting is None:
                fitting = row, verification
        return fitting

    async def _details(self, row: SubmissionRow) -> PersonDetails:
        try:
            return await self.reader.submitted_details(row.person_id, row.submission_id)
        except PersonErased:
            raise LinkUnknown from None

    async def _activate(self, link_id: UUID, chosen: "_Chosen", meta: Meta) -> UUID:
        """The reservation is locked first, so that no submission comes in between."""
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return await self._activate_once(link_id, chosen, meta)
            except VersionConflict:
                continue
        return await self._activate_once(link_id, chosen, meta)

    async def _activate_once(self, link_id: UUID, chosen: "_Chosen", meta: Meta) -> UUID:
        now, person_id = self.clock(), chosen.row.person_id
        command = ActivateSubmission(
            submission_id=chosen.row.submission_id,
            link_id=link_id,
            person=chosen.person,
            consents=chosen.consents,
            now=now,
        )
        async with self.store.transaction() as connection:
            await lock_reservations_of(connection, person_id)
            try:
                result = await execute(
                    self.store,
                    self.applications,
                    person_id,
                    command,
                    encryptor=self.keyring,
                    meta=meta,
                    connection=connection,
                )
            except NoSuchApplication:
                raise LinkUnknown from None
            for event in result.events:
                if isinstance(event, EmailVerifiedV2):
                    await update_account(
                        connection,
                        person_id,
                        email_verified_at=now,
                        password_hash=chosen.password_hash,
                        project=event.project,
                        country=event.country,
                        **comparison_hashes(self.hash_key, person_id, chosen.person),
                    )
            await delete_submission(connection, chosen.row.submission_id)
        return person_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenMailbox:
    """`candidates` are the newest open submissions of the mailbox, the newest first."""

    account: Account
    application: InProgress
    candidates: list[SubmissionRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    row: SubmissionRow
    password_hash: str
    person: PersonDetails
    consents: tuple[Consent, ...] | None = None


def comparison_hashes(hash_key: bytes, person_id: UUID, person: PersonDetails) -> dict[str, bytes]:
    """The columns of the account by which a later registration of the document is compared."""
    return {
        "email_hash": hash_mailbox(hash_key, person_id, person.email),
        "birth_date_hash": hash_birth_date(hash_key, person_id, person.birth_date),
    }


def hash_birth_date(hash_key: bytes, person_id: UUID, birth_date: date) -> bytes:
    return keyed_hash(hash_key, "birth-date", str(person_id), birth_date.isoformat())
