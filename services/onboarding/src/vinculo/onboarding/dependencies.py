"""What a process of the service opens once and closes at its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.events import utc_now
from vinculo.eventstore import PostgresEventStore, create_engine, table_check
from vinculo.httpapi import Check
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.tables import accounts
from vinculo.privacy import KeyRing, LedgerCheck, erasure_ledger, keyring_check


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    store: PostgresEventStore
    keyring_database: AsyncEngine
    ledger_check: LedgerCheck
    keyring: KeyRing
    hasher: PasswordHasher
    clock: Callable[[], datetime] = utc_now

    @property
    def database(self) -> AsyncEngine:
        return self.store.engine

    async def close(self) -> None:
        self.hasher.close()
        await self.database.dispose()
        await self.keyring_database.dispose()


def open_dependencies(settings: Settings) -> Dependencies:
    url = settings.onboarding_database_url.get_secret_value()
    keyring_database = create_engine(settings.vinculo_keyring_url.get_secret_value())
    ledger_check = LedgerCheck(keyring_database, erasure_ledger(settings))
    key = settings.vinculo_key_encryption_key.get_secret_value()
    return Dependencies(
        store=PostgresEventStore(create_engine(url, settings.onboarding_pool_size)),
        keyring_database=keyring_database,
        ledger_check=ledger_check,
        keyring=KeyRing(keyring_database, key, require_current=ledger_check.require_current),
        hasher=PasswordHasher(
            threads=settings.onboarding_password_threads,
            max_wait_seconds=settings.onboarding_password_wait_seconds,
        ),
    )


def storage_checks(dependencies: Dependencies) -> dict[str, Check]:
    return {
        "database": table_check(dependencies.database, accounts),
        "keyring": keyring_check(dependencies.keyring_database),
        "erasure-ledger": dependencies.ledger_check.require_current,
    }
