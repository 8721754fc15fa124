"""The database's tables and the bucket, made before the first start and after every upgrade."""

from vinculo.documents.connections import object_store_address
from vinculo.documents.object_store import ObjectStore
from vinculo.documents.settings import StorageSettings
from vinculo.eventstore.migrations import migrate as migrate_to_head


async def prepare(settings: StorageSettings) -> None:
    """Bring the database up to date and make the bucket; waits for both servers."""
    await migrate_to_head(settings.documents_database_url.get_secret_value(), "vinculo.documents")
    objects = ObjectStore(object_store_address(settings))
    try:
        await objects.make_bucket_once_up()
    finally:
        objects.close()
