"""Login of people by document number and of staff by e-mail, and re-authentication by password.

Every failure gives the same response and costs the same work: an unknown number, a wrong password,
an account that is inactive, blocked or erased.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.onboarding.application.login_throttle import LoginThrottle
from vinculo.onboarding.application.password_hasher import PasswordHasher, PasswordVerification
from vinculo.onboarding.application.password_queue import ClientHungUp, PasswordHasherBusy
from vinculo.onboarding.application.sessions import AuthenticatedSubject
from vinculo.onboarding.domain.staff import StaffState
from vinculo.onboarding.storage.accounts import (
    Account,
    AccountClosed,
    find_account,
    require_open_account,
)
from vinculo.onboarding.storage.identity_reservations import (
    find_all_by_documents,
    hash_identity,
    identity_hashes_of_person,
)
from vinculo.onboarding.storage.staff import find_member, password_hash_of
from vinculo.onboarding.storage.tables import accounts, staff
from vinculo.privacy import keyed_hash
from vinculo.values.identity_documents import DocumentCatalogue

MAX_MATCHES: Final = 3
"""A number can belong to several documents; at most this many accounts are tried."""


class SignInRefused(Exception):
    """An unknown identifier, a wrong password, or an account that may not sign in."""


class PasswordWrong(Exception):
    """Not the password of the signed-in account."""


class NoOwnPassword(Exception):
    """The caller is of another issuer, which keeps the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    engine: AsyncEngine
    hasher: PasswordHasher
    throttle: LoginThrottle
    documents: DocumentCatalogue
    hash_key: bytes
    clock: Callable[[], datetime]

    async def authenticate_person(
        self, number: str, document_type: str | None, country: str, password: str
    ) -> AuthenticatedSubject:
        """Raises SignInRefused or TooManyAttempts."""
        identities = self.documents.possible_identities(number, country, document_type)
        hashes = [hash_identity(self.hash_key, identity) for identity in identities]
        if not hashes:
            hashes = [keyed_hash(self.hash_key, "sign-in", number)]
        await self.throttle.count_attempt(hashes, self.clock())
        async with self.engine.connect() as connection:
            candidates = await _candidates(connection, hashes)
        first_hash = candidates[0][1].password_hash if candidates else None
        first = await _verify_counted(self.hasher, self.throttle, password, first_hash, hashes)
        for n, (identity_hash, account) in enumerate(candidates):
            verification = (
                first if n == 0 else await self.hasher.verify(password, account.password_hash)
            )
            if verification.matches and account.may_sign_in:
                await self.throttle.clear_after_success(identity_hash, hashes)
                password_hash = account.password_hash
                if verification.new_hash is not None:
                    password_hash = verification.new_hash
                    await self._replace_hash(account, password_hash)
                return AuthenticatedSubject(
                    subject=account.person_id, kind="person", password_hash=password_hash
                )
        raise SignInRefused

    async def authenticate_staff(self, email: str, password: str) -> AuthenticatedSubject:
        """Raises SignInRefused or TooManyAttempts."""
        address = email.strip().casefold()
        identifier = staff_identifier(self.hash_key, address)
        await self.throttle.count_attempt([identifier], self.clock())
        async with self.engine.connect() as connection:
            is_active = staff.c.state == StaffState.ACTIVE.value
            member = (
                await connection.execute(select(staff).where(staff.c.email == address, is_active))
            ).one_or_none()
        known_hash = None if member is None else member.password_hash
        verification = await _verify_counted(
            self.hasher, self.throttle, password, known_hash, [identifier]
        )
        if member is None or not verification.matches:
            raise SignInRefused
        await self.throttle.clear_after_success(identifier, [identifier])
        password_hash = member.password_hash
        if verification.new_hash is not None:
            password_hash = verification.new_hash
            async with self.engine.begin() as connection:
                await connection.execute(
                    update(staff)
                    .where(
                        staff.c.staff_id == member.staff_id,
                        staff.c.password_hash == member.password_hash,
                    )
                    .values(password_hash=password_hash)
                )
        return AuthenticatedSubject(
            subject=member.staff_id, kind="staff", password_hash=password_hash
        )

    async def _replace_hash(self, account: Account, new_hash: str) -> None:
        """Never overwrites a password that was changed meanwhile."""
        async with self.engine.begin() as connection:
            await connection.execute(
                update(accounts)
                .where(
                    accounts.c.person_id == account.person_id,
                    accounts.c.password_hash == account.password_hash,
                )
                .values(password_hash=new_hash)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedMember:
    """An active member of staff; `password_hash` is the one that the password matched."""

    staff_id: UUID
    email: str
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reauthenticator:
    """Step-up authentication of a signed-in subject, before changes of the account.

    Wrong passwords count together with failed logins, so that a stolen session does not bypass the
    delays.
    """

    engine: AsyncEngine
    hasher: PasswordHasher
    throttle: LoginThrottle
    hash_key: bytes
    clock: Callable[[], datetime]

    async def require_password(self, person_id: UUID, password: str) -> Account:
        """The person's account. Raises PasswordWrong, TooManyAttempts or AccountClosed."""
        async with self.engine.connect() as connection:
            account = await require_open_account(connection, person_id)
            hashes = await identity_hashes_of_person(connection, person_id)
        if not hashes:
            raise AccountClosed
        await self.throttle.count_attempt(hashes, self.clock())
        verification = await _verify_counted(
            self.hasher, self.throttle, password, account.password_hash, hashes
        )
        if not verification.matches:
            raise PasswordWrong
        for each in hashes:
            await self.throttle.clear_after_success(each, [each])
        return account

    async def require_staff_password(self, staff_id: UUID, password: str) -> ProvedMember:
        """The active member. Raises PasswordWrong, TooManyAttempts or NoOwnPassword."""
        async with self.engine.connect() as connection:
            member = await find_member(connection, staff_id)
            known_hash = await password_hash_of(connection, staff_id)
        if member is None or known_hash is None:
            raise NoOwnPassword
        identifiers = [staff_identifier(self.hash_key, member.email)]
        await self.throttle.count_attempt(identifiers, self.clock())
        verification = await _verify_counted(
            self.hasher, self.throttle, password, known_hash, identifiers
        )
        if not verification.matches:
            raise PasswordWrong
        await self.throttle.clear_after_success(identifiers[0], identifiers)
        return ProvedMember(staff_id=staff_id, email=member.email, password_hash=known_hash)


def staff_identifier(hash_key: bytes, address: str) -> bytes:
    """Under which failed logins of the address are counted."""
    return keyed_hash(hash_key, "staff", address)


async def _verify_counted(
    hasher: PasswordHasher,
    throttle: LoginThrottle,
    password: str,
    known_hash: str | None,
    identifier_hashes: Sequence[bytes],
) -> PasswordVerification:
    """Verify the password of a counted attempt, which does not count if the queue refuses it."""
    try:
        return await hasher.verify(password, known_hash)
    except (PasswordHasherBusy, ClientHungUp):
        await throttle.take_back(identifier_hashes)
        raise


async def _candidates(
    connection: AsyncConnection, hashes: Sequence[bytes]
) -> list[tuple[bytes, Account]]:
    """The accounts of the documents that the number may belong to, with their hashes."""
    found = []
    for identity_hash, person_id in (await find_all_by_documents(connection, hashes))[:MAX_MATCHES]:
        account = await find_account(connection, person_id)
        if account is not None:
            found.append((identity_hash, account))
    return found
