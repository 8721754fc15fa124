"""What must be there before any process starts: the first generation, the exports' place."""

from datetime import datetime

from vinculo.query_api import generations
from vinculo.query_api.audit import prepare_audit
from vinculo.query_api.exports.jobs import ExportJobs
from vinculo.query_api.exports.rosters import Rosters
from vinculo.query_api.exports.storage import export_files
from vinculo.query_api.indexes import make_indexes
from vinculo.query_api.mongo import Database, connect
from vinculo.query_api.settings import Settings

PATIENCE_SECONDS = 60


async def migrate(settings: Settings, now: datetime) -> None:
    """Idempotent. Waits up to a minute for the server."""
    mongo = connect(settings.mongo_url, settings.query_mongo_driver, wait_seconds=PATIENCE_SECONDS)
    try:
        await mongo.ping()
        await make_first_generation(mongo.database, now)
        await prepare_audit(mongo.database)
        await ExportJobs(mongo.database, kept=settings.exports_kept).prepare()
        await Rosters(mongo.database, kept=settings.exports_kept).prepare()
    finally:
        await mongo.close()
    await export_files(settings).prepare()


async def make_first_generation(database: Database, now: datetime) -> str:
    """The active generation, made unless there is one; its indexes are brought up to date."""
    generation = await generations.read_pointer(database)
    if generation is None:
        generation = await generations.begin(database, now)
        await make_indexes(database, generation)
        await generations.serve(database, generation, now)
        await generations.switch(database, generation)
    else:
        await make_indexes(database, generation)
    return generation
