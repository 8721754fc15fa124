"""The servers that the service stands on: reached."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.documents.object_store import ObjectStore, ObjectStoreAddress
from vinculo.documents.settings import Settings, StorageSettings
from vinculo.eventstore import PostgresEventStore, create_engine

POOL_SIZE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """What a process has once. The store keeps connections at hand."""

    store: PostgresEventStore
    keyring: AsyncEngine
    objects: ObjectStore

    @property
    def database(self) -> AsyncEngine:
        return self.store.engine

    async def close(self) -> None:
        await self.database.dispose()
        await self.keyring.dispose()
        self.objects.close()


def connect(settings: Settings) -> Connections:
    url = settings.documents_database_url.get_secret_value()
    return Connections(
        store=PostgresEventStore(create_engine(url, POOL_SIZE)),
        keyring=create_engine(settings.vinculo_keyring_url.get_secret_value()),
        objects=ObjectStore(object_store_address(settings)),
    )


def object_store_address(settings: StorageSettings) -> ObjectStoreAddress:
    return ObjectStoreAddress(
        url=settings.vinculo_s3_url,
        public_url=settings.vinculo_public_url,
        access_key=settings.vinculo_s3_access_key.get_secret_value(),
        secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
        region=settings.documents_region,
        bucket=settings.documents_bucket,
    )
