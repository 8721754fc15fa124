"""Who was given a document's content, and when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.tables import document_accesses
from vinculo.events import uuid7

DOWNLOAD_LINK = "download_link"


async def record_access(
    connection: AsyncConnection,
    *,
    document_id: UUID,
    person_id: UUID,
    what: str,
    accessed_by: UUID,
    accessed_at: datetime,
) -> None:
    await connection.execute(
        insert(document_accesses).values(
            access_id=uuid7(),
            document_id=document_id,
            person_id=person_id,
            what=what,
            accessed_by=accessed_by,
            accessed_at=accessed_at,
        )
    )
