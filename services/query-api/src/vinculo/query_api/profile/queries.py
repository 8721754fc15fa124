"""The profile of a person as they are, or as they were at a point of their history."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from vinculo.access import Permission, Principal
from vinculo.httpapi import Problem
from vinculo.messaging import rfc3339
from vinculo.query_api.profile.as_of import EnvelopeKeys, PersonHistory, Point, read_history
from vinculo.query_api.profile.changes import Change, changes_between
from vinculo.query_api.profile.profile import ProfileView, listed_person, profile_of, read_payers
from vinculo.query_api.read_model import Collections

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileQueries:
    """`stale_after` is the age from which evidence of income is stale."""

    keys: EnvelopeKeys
    clock: Callable[[], datetime]
    stale_after: timedelta

    async def now(
        self, collections: Collections, person_id: UUID, viewer: Principal
    ) -> dict[str, Any]:
        """Raises Problem 404 and 410."""
        person = await listed_person(collections.people, person_id)
        view = await self._view(collections, [person.get("payer_id")], viewer, self.clock())
        return profile_of(person, view)

    async def then(
        self, collections: Collections, person_id: UUID, viewer: Principal, point: Point
    ) -> dict[str, Any]:
        """Raises Problem 404 too for a point before the person was listed."""
        history = await self._history(collections, person_id)
        number = history.until(point)
        person = await _folded(partial(history.document, number))
        if person.get("kind") is None:
            since = await _folded(history.shown_since)
            known = {} if since is None else {"known_since": rfc3339(since)}
            raise Problem(404, "person-unknown-then", extensions=known)
        last = history.told[number - 1]
        moment = last.counts_from if isinstance(point, UUID) else point
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
        """What is otherwise at the second point than at the first, for this viewer's eyes."""
        history = await self._history(collections, person_id)
        first, last = history.until(since), history.until(until)
        if first > last:
            raise Problem(422, "points-reversed")
        payers = {getattr(each.received.payload, "payer_id", None) for each in history.told[:last]}
        view = await self._view(collections, payers, viewer, self.clock())
        return await _folded(partial(changes_between, history, first, last, view))

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


async def _folded(fold: Callable[[], T]) -> T:
    """In a thread, as a long history takes a while."""
    try:
        return await asyncio.to_thread(fold)
    except ValidationError:
        raise Problem(503, "history-unreadable") from None
