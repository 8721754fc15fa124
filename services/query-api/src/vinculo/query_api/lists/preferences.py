"""What each member of staff keeps of a list: chosen columns, and named views to come back to.

It is in the service's own database, because it cannot be derived from the log. A view has no search
text: that would be personal data, which an erasure does not reach here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError
from typing_extensions import TypedDict

from vinculo.access import Permission, Principal, requires
from vinculo.events import VersionConflict
from vinculo.httpapi import IF_MATCH, accepts_headers, etag, if_match, may_refuse
from vinculo.query_api.filter_errors import (
    PREFERENCE_CODES,
    FieldRefusal,
    FieldRefusalCode,
    FilterInvalid,
)
from vinculo.query_api.http_responses import json_body, json_response
from vinculo.query_api.lists.catalogue import (
    LISTS,
    ColumnNames,
    ListName,
    PeopleList,
    chosen_columns,
    sort_by,
)
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.mongo import Database, collection_of

LIST_PREFERENCES: Final = "list_preferences"
MAX_VIEWS: Final = 30

ViewName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60, strip_whitespace=True, pattern=r"^[^\x00]*$"),
]


class SavedView(BaseModel):
    """A named view. `columns` are those that are shown, in this order; empty means all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ViewName
    filters: FilterParameters = FilterParameters()
    sort: Annotated[str | None, Field(max_length=40)] = None
    columns: ColumnNames = ()


class ListPreferences(BaseModel):
    """Chosen columns, in the order shown, and saved views; empty columns mean all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: ColumnNames = ()
    views: Annotated[tuple[SavedView, ...], Field(max_length=MAX_VIEWS)] = ()


class ShownView(TypedDict):
    """A saved view."""

    name: Annotated[str, Field(description="Its name.")]
    filters: Annotated[dict[str, Any], Field(description="Parameters of the list's filter.")]
    sort: Annotated[str | None, Field(description="The order; null for the list's own.")]
    columns: Annotated[list[str], Field(description="Shown columns in order; empty for all.")]


class ShownPreferences(TypedDict):
    """What the caller has chosen for the list; the header `ETag` has the version."""

    columns: Annotated[list[str], Field(description="Shown columns in order; empty for all.")]
    views: Annotated[list[ShownView], Field(description="Saved views, in the order given.")]


class StoredPreferences(ShownPreferences):
    """The preferences of one member of staff for one list."""

    _id: str
    person_id: UUID
    list: str
    version: int
    changed_at: datetime


class PreferenceStore:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._stored = collection_of(database, LIST_PREFERENCES, StoredPreferences)
        self._clock = clock

    async def read(self, reader: UUID, name: ListName) -> tuple[ShownPreferences, int]:
        """The preferences and their version, which is 0 before any were saved."""
        found = await self._stored.find_one({"_id": _id(reader, name)})
        if found is None:
            return {"columns": [], "views": []}, 0
        return _shown(found), found["version"]

    async def save(
        self, reader: UUID, name: ListName, preferences: ListPreferences, *, expected: int
    ) -> tuple[ShownPreferences, int]:
        """Replace the preferences of the expected version. Raises VersionConflict."""
        identity = _id(reader, name)
        changed = {
            **preferences.model_dump(mode="json", exclude={"views"}),
            "views": [_stored_view(view) for view in preferences.views],
            "person_id": reader,
            "list": name.value,
            "changed_at": self._clock(),
        }
        try:
            saved = await self._stored.find_one_and_update(
                {"_id": identity, "version": expected},
                {"$set": changed, "$inc": {"version": 1}},
                upsert=expected == 0,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            saved = None
        if saved is None:
            _, actual = await self.read(reader, name)
            raise VersionConflict(f"{LIST_PREFERENCES}-{identity}", expected, actual)
        return _shown(saved), saved["version"]


def preferences_api(
    store: PreferenceStore, *, zone: ZoneInfo, clock: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(prefix="/query/v1/lists", tags=["lists"])
    reading = requires(Permission.LISTS_READ)

    @router.get("/{name}/preferences", responses=json_body(ShownPreferences))
    async def read_list_preferences(
        name: ListName, reader: Annotated[Principal, Depends(reading)]
    ) -> Response:
        preferences, version = await store.read(reader.subject, name)
        return json_response(preferences, headers={"ETag": etag(version)})

    @router.put("/{name}/preferences", responses=json_body(ShownPreferences))
    @accepts_headers(IF_MATCH)
    @may_refuse(FilterInvalid, field_codes=PREFERENCE_CODES)
    async def save_list_preferences(
        name: ListName,
        body: ListPreferences,
        request: Request,
        reader: Annotated[Principal, Depends(reading)],
    ) -> Response:
        """Replaces all of them. Views must not have a search text, which is personal data."""
        expected = if_match(request)
        _require_accepted(LISTS[name], body, zone=zone, now=clock())
        preferences, version = await store.save(reader.subject, name, body, expected=expected)
        return json_response(preferences, headers={"ETag": etag(version)})

    return router


def _require_accepted(
    people_list: PeopleList, preferences: ListPreferences, *, zone: ZoneInfo, now: datetime
) -> None:
    """Raises FilterInvalid."""
    chosen_columns(people_list, "columns", preferences.columns)
    names = [view.name for view in preferences.views]
    for index, view in enumerate(preferences.views):
        field = f"views.{index}"
        if view.name in names[:index]:
            raise FilterInvalid(FieldRefusal(f"{field}.name", FieldRefusalCode.NAME_TAKEN))
        if view.filters.q:
            raise FilterInvalid(FieldRefusal(f"{field}.filters.q", FieldRefusalCode.NOT_KEPT))
        chosen_columns(people_list, f"{field}.columns", view.columns)
        sort_by(people_list, view.sort)
        filter_people(people_list, view.filters, zone=zone, now=now)


def _stored_view(view: SavedView) -> ShownView:
    return {
        "name": view.name,
        "filters": view.filters.model_dump(mode="json", exclude_defaults=True),
        "sort": view.sort,
        "columns": list(view.columns),
    }


def _shown(stored: StoredPreferences) -> ShownPreferences:
    return {"columns": stored["columns"], "views": stored["views"]}


def _id(reader: UUID, name: ListName) -> str:
    return f"{reader}:{name}"
