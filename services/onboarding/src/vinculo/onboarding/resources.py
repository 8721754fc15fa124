"""What a process of the service has once, and closes at its end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import PostgresEventStore, create_engine
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.settings import Settings
from vinculo.privacy import KeyRing

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a process has once and closes at the end. The store keeps connections at hand."""

    store: PostgresEventStore
    keyring_database: AsyncEngine
    keyring: KeyRing
    passwords: Passwords
    clock: Clock = field(default=utc_now)

    async def close(self) -> None:
        self.passwords.close()
        await self.database.dispose()
        await self.keyring_database.dispose()

    @property
    def database(self) -> AsyncEngine:
        return self.store.engine


def resources(settings: Settings) -> Resources:
    url = settings.onboarding_database_url.get_secret_value()
    keyring_database = create_engine(settings.vinculo_keyring_url.get_secret_value())
    key = settings.vinculo_key_encryption_key.get_secret_value()
    return Resources(
        store=PostgresEventStore(create_engine(url, settings.onboarding_pool_size)),
        keyring_database=keyring_database,
        keyring=KeyRing(keyring_database, key),
        passwords=Passwords(
            threads=settings.onboarding_password_threads,
            most_waiting=settings.onboarding_password_queue,
        ),
    )
