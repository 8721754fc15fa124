"""Asking a person who is signed in for the password again, before what only they may do.

Wrong ones are counted together with those of signing in: a stolen session is no way around the
waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.accounts.sign_in_attempts import SignInAttempts
from vinculo.onboarding.storage.accounts import Account, AccountClosed, find_account
from vinculo.onboarding.storage.identity_reservations import identity_hashes_of_person


class PasswordWrong(Exception):
    """It is not the password of the account that is signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordProof:
    engine: AsyncEngine
    passwords: Passwords
    attempts: SignInAttempts
    clock: Callable[[], datetime]

    async def prove(self, person_id: UUID, password: str) -> Account:
        """Raises PasswordWrong, TooManyAttempts or AccountClosed."""
        async with self.engine.connect() as connection:
            account = await find_account(connection, person_id)
            hashes = await identity_hashes_of_person(connection, person_id)
        if account is None or not account.may_sign_in or not hashes:
            raise AccountClosed
        await self.attempts.count(hashes, self.clock())
        verification = await self.passwords.verify(password, account.password_hash)
        if not verification.matches:
            raise PasswordWrong
        for each in hashes:
            await self.attempts.settle(each, [each])
        return account
