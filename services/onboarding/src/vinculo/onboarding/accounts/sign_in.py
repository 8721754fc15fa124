"""Signing in: people by document number, staff by e-mail, both with a password.

Whatever is wrong, the answer is the same and takes the same work: an unknown number, a wrong
password, an account that is not active, blocked or erased.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.eventstore import PostgresEventStore
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.accounts.sessions import Admitted
from vinculo.onboarding.accounts.sign_in_attempts import SignInAttempts
from vinculo.onboarding.storage.accounts import Account, find_account
from vinculo.onboarding.storage.identity_reservations import find_all_by_documents, hash_identity
from vinculo.onboarding.storage.tables import accounts, staff
from vinculo.privacy import keyed_hash
from vinculo.values.identity_documents import DocumentCatalogue

MOST_MATCHES: Final = 3


class SignInRefused(Exception):
    """Not this person, not this password, or not allowed: it is not said which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    store: PostgresEventStore
    passwords: Passwords
    attempts: SignInAttempts
    documents: DocumentCatalogue
    hash_key: bytes
    clock: Callable[[], datetime]

    async def admit_person(
        self, number: str, document_type: str | None, country: str, password: str
    ) -> Admitted:
        """Raises SignInRefused or TooManyAttempts."""
        identities = self.documents.possible_identities(number, country, document_type)
        hashes = [hash_identity(self.hash_key, identity) for identity in identities]
        if not hashes:
            hashes = [keyed_hash(self.hash_key, "sign-in", number)]
        await self.attempts.count(hashes, self.clock())
        async with self.store.engine.connect() as connection:
            candidates = await _accounts(connection, hashes)
        if not candidates:
            await self.passwords.verify(password, None)
        for identity_hash, account in candidates:
            verification = await self.passwords.verify(password, account.password_hash)
            if verification.matches and account.may_sign_in:
                await self.attempts.settle(identity_hash, hashes)
                proved = account.password_hash
                if verification.new_hash is not None:
                    proved = await self._keep_hash(account, verification.new_hash)
                return Admitted(subject=account.person_id, kind="person", password_hash=proved)
        raise SignInRefused

    async def admit_staff(self, email: str, password: str) -> Admitted:
        """Raises SignInRefused or TooManyAttempts."""
        address = email.strip().casefold()
        identifier = keyed_hash(self.hash_key, "staff", address)
        await self.attempts.count([identifier], self.clock())
        async with self.store.engine.connect() as connection:
            member = (
                await connection.execute(select(staff).where(staff.c.email == address))
            ).one_or_none()
        verification = await self.passwords.verify(
            password, None if member is None else member.password_hash
        )
        if member is None or not verification.matches:
            raise SignInRefused
        await self.attempts.settle(identifier, [identifier])
        if verification.new_hash is not None:
            async with self.store.engine.begin() as connection:
                await connection.execute(
                    update(staff)
                    .where(staff.c.staff_id == member.staff_id)
                    .values(password_hash=verification.new_hash)
                )
        return Admitted(subject=member.staff_id, kind="staff")

    async def _keep_hash(self, account: Account, new_hash: str) -> str:
        """Never over a password that was changed meanwhile."""
        async with self.store.engine.begin() as connection:
            await connection.execute(
                update(accounts)
                .where(
                    accounts.c.person_id == account.person_id,
                    accounts.c.password_hash == account.password_hash,
                )
                .values(password_hash=new_hash)
            )
        return new_hash


async def _accounts(
    connection: AsyncConnection, hashes: Sequence[bytes]
) -> list[tuple[bytes, Account]]:
    """One number can be of several documents; few enough to look at each."""
    found = []
    for identity_hash, person_id in (await find_all_by_documents(connection, hashes))[
        :MOST_MATCHES
    ]:
        account = await find_account(connection, person_id)
        if account is not None:
            found.append((identity_hash, account))
    return found
