"""What each member of staff has chosen for the console as a whole.

It is in the service's own database, beside what they keep of each list.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from vinculo.access import Permission, Principal, requires
from vinculo.query_api.http_responses import json_body, json_response
from vinculo.query_api.mongo import Database, collection_of

CONSOLE_PREFERENCES: Final = "console_preferences"

Caller = Annotated[Principal, Depends(requires(Permission.DOCUMENTS_REVIEW))]


class ConsolePreferences(BaseModel):
    """With `review_keys`, single letters are commands while documents are reviewed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    review_keys: bool


class ShownConsolePreferences(TypedDict):
    """The caller's preferences, or the defaults before any were saved."""

    review_keys: Annotated[
        bool, Field(description="Whether single letters are commands of the review.")
    ]


class StoredConsolePreferences(ShownConsolePreferences):
    """The preferences of one member of staff."""

    _id: UUID
    changed_at: datetime


class ConsolePreferenceStore:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._stored = collection_of(database, CONSOLE_PREFERENCES, StoredConsolePreferences)
        self._clock = clock

    async def read(self, member: UUID) -> ShownConsolePreferences:
        found = await self._stored.find_one({"_id": member})
        return {"review_keys": True if found is None else found["review_keys"]}

    async def save(self, member: UUID, preferences: ConsolePreferences) -> None:
        changed = {**preferences.model_dump(), "changed_at": self._clock()}
        await self._stored.update_one({"_id": member}, {"$set": changed}, upsert=True)


def console_preferences_api(store: ConsolePreferenceStore) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["console"])

    @router.get("/console-preferences", responses=json_body(ShownConsolePreferences))
    async def read_console_preferences(caller: Caller) -> Response:
        return json_response(await store.read(caller.subject))

    @router.put("/console-preferences", responses=json_body(ShownConsolePreferences))
    async def save_console_preferences(body: ConsolePreferences, caller: Caller) -> Response:
        """The last change counts."""
        await store.save(caller.subject, body)
        return json_response(await store.read(caller.subject))

    return router
