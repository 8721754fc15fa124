"""Queries of one person's profile: current, as of a point, and changes between two points."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import Field, ValidationError
from typing_extensions import TypedDict

from vinculo.access import Permission, Principal
from vinculo.query_api.profile.as_of import (
    EnvelopeKeys,
    HistoryUnreadableError,
    PersonHistory,
    Point,
    read_history,
)
from vinculo.query_api.profile.changes import Change, changes_between
from vinculo.query_api.profile.profile import (
    Profile,
    ProfileView,
    listed_person,
    profile_of,
    read_payers,
)
from vinculo.query_api.read_model import Collections

T = TypeVar("T")


class LastEvent(TypedDict):
    """The last event that a past profile includes."""

    event_id: Annotated[UUID, Field(description="The id of the event.")]
    type: Annotated[str, Field(description="The type of the event, with its version.")]
    at: Annotated[datetime, Field(description="The time of the event.")]


class PastProfile(Profile):
    """The profile of a person as of a moment."""

    as_of: Annotated[datetime, Field(description="The moment.")]
    last_event: Annotated[LastEvent, Field(description="The last event included.")]


class PersonNotListedYet(Exception):
    """The person was in no list at that point; `listed_since` is when this changed."""

    def __init__(self, listed_since: datetime | None) -> None:
        super().__init__("not listed at that point")
        self.listed_since = listed_since


class PointsReversed(Exception):
    """The first point is after the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileQueries:
    """Evidence of income is stale from the age `stale_after` on.

    All queries raise PersonUnknown and PersonErased; those of the past also raise EventUnknown,
    HistoryTooLong and HistoryUnreadableError.
    """

    keys: EnvelopeKeys
    clock: Callable[[], datetime]
    stale_after: timedelta

    async def current(
        self, collections: Collections, person_id: UUID, viewer: Principal
    ) -> Profile:
        person = await listed_person(collections.people, person_id)
        view = await self._view(collections, [person.get("payer_id")], viewer, self.clock())
        return profile_of(person, view)

    async def as_of(
        self, collections: Collections, person_id: UUID, viewer: Principal, point: Point
    ) -> PastProfile:
        """The profile at the point.

        Raises:
            PersonNotListedYet: the person was in no list at that point.

        """
        history = await self._history(collections, person_id)
        number = history.events_until(point)
        person = await _in_thread(partial(history.document, number))
        if person.get("kind") is None:
            raise PersonNotListedYet(await _in_thread(history.listed_since))
        last = history.events[number - 1]
        moment = last.effective_at if isinstance(point, UUID) else point
        view = await self._view(collections, [person.get("payer_id")], viewer, moment)
        return {
            **profile_of(person, view),
            "as_of": moment,
            "last_event": {
                "event_id": last.entry["_id"],
                "type": last.entry["type"],
                "at": last.entry["time"],
            },
        }

    async def changes(
        self,
        collections: Collections,
        person_id: UUID,
        viewer: Principal,
        *,
        since: Point,
        until: Point,
    ) -> list[Change]:
        """The fields that differ between the points, of those that the viewer may see.

        Raises:
            PointsReversed: `since` is after `until`.

        """
        history = await self._history(collections, person_id)
        first, last = history.events_until(since), history.events_until(until)
        if first > last:
            raise PointsReversed
        events = history.events[:last]
        payers = {getattr(event.received.payload, "payer_id", None) for event in events}
        view = await self._view(collections, payers, viewer, self.clock())
        return await _in_thread(partial(changes_between, history, first, last, view))

    async def _history(self, collections: Collections, person_id: UUID) -> PersonHistory:
        await listed_person(collections.people, person_id)
        return await read_history(collections.events, self.keys, person_id)

    async def _view(
        self,
        collections: Collections,
        payers: Iterable[UUID | None],
        viewer: Principal,
        now: datetime,
    ) -> ProfileView:
        return ProfileView(
            payers=await read_payers(collections.payers, payers),
            with_salary=viewer.may(Permission.SALARY_READ),
            now=now,
            stale_after=self.stale_after,
        )


async def _in_thread(fold: Callable[[], T]) -> T:
    """Fold in a thread: a long history takes a while."""
    try:
        return await asyncio.to_thread(fold)
    except ValidationError:
        raise HistoryUnreadableError from None
