"""One page of a list, by keyset: as fast at any depth, and steady while rows come and go."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from pymongo.errors import ExecutionTimeout

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import Sort
from vinculo.query_api.lists.planner.planner import Plan
from vinculo.query_api.lists.planner.statistics import value_of
from vinculo.query_api.mongo import Collection, Document
from vinculo.query_api.person_document.schema import KIND, STATUS, index_name

MAX_QUERY_MS: Final = 5_000
MIN_TRIAL_MS: Final = 1_000
MS_PER_PERSON: Final = 0.005
OVERRUN_FACTOR: Final = 4
"""A plan that takes so many times what was expected was a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    documents: Sequence[Mapping[str, Any]]
    previous: Cursor | None
    following: Cursor | None


async def read_page(
    people: Collection,
    plans: Sequence[Plan],
    sort: Sort,
    *,
    limit: int,
    cursor: Cursor | None,
    fields: Mapping[str, int],
    longest_ms: int = MAX_QUERY_MS,
) -> Page:
    """Raises pymongo.errors.ExecutionTimeout when no plan finds it in time.

    When the first plan takes much longer than was expected of it, the second gets the rest.
    """
    backward = cursor is not None and cursor.backward
    ask = partial(_read, people, sort=sort, limit=limit + 1, cursor=cursor, fields=fields)
    first, *others = plans
    trial_ms = max(MIN_TRIAL_MS, OVERRUN_FACTOR * MS_PER_PERSON * first.people)
    if not others or trial_ms >= longest_ms:
        found = await ask(first, longest_ms)
    else:
        try:
            found = await ask(first, trial_ms)
        except ExecutionTimeout:
            found = await ask(others[0], longest_ms - trial_ms)
    more = len(found) > limit
    documents = found[:limit]
    if backward:
        documents.reverse()
    if not documents and cursor is not None:
        return _empty_page(cursor)
    return Page(
        documents=documents,
        previous=_cursor_at(documents[:1], sort, backward=True)
        if (more if backward else cursor is not None)
        else None,
        following=_cursor_at(documents[-1:], sort, backward=False) if backward or more else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    match: dict[str, Any]
    keys: Sequence[tuple[str, int]]
    index: str | None


def page_queries(plan: Plan, sort: Sort, cursor: Cursor | None) -> list[PageQuery]:
    """What to ask one after another, until the page is full."""
    if plan.index == index_name(sort.field):
        if sort.field in {KIND, STATUS}:
            return _split_by_value(plan, sort, cursor)
        if cursor is not None and sort.field != "_id" and "$and" in plan.match:
            return _split_at_cursor_value(plan, sort, cursor)
    match = keyset_filter(plan.match, sort, cursor)
    keys = sort.keys(backward=cursor is not None and cursor.backward)
    return [PageQuery(match=match, keys=keys, index=plan.index)]


def _split_by_value(plan: Plan, sort: Sort, cursor: Cursor | None) -> list[PageQuery]:
    """Each status, or kind, by itself, in the order of ids.

    MongoDB cannot merge what it enters by single statuses into the order of statuses, and would
    sort everybody.
    """
    backward = cursor is not None and cursor.backward
    down = sort.descending != backward
    by_id = replace(sort, field="_id")
    values = sorted(plan.match[sort.field]["$in"], reverse=down)
    if cursor is not None:
        values = [v for v in values if (v <= cursor.value if down else v >= cursor.value)]
    return [
        PageQuery(
            match=keyset_filter(
                {**plan.match, sort.field: {"$in": [value]}},
                by_id,
                cursor if cursor is not None and cursor.value == value else None,
            ),
            keys=by_id.keys(backward=backward),
            index=plan.index,
        )
        for value in values
    ]


def _split_at_cursor_value(plan: Plan, sort: Sort, cursor: Cursor) -> list[PageQuery]:
    """Those with the cursor's value, in the order of ids, and then those with any beyond it.

    With conditions that the index does not hold, MongoDB would read all who have the same value,
    a document type perhaps, from the first one on.
    """
    by_id = replace(sort, field="_id")
    same = _and(plan.match, {sort.field: cursor.value})
    beyond = _and(plan.match, {sort.field: {_keyset_operator(sort, cursor): cursor.value}})
    return [
        PageQuery(
            match=keyset_filter(same, by_id, cursor),
            keys=by_id.keys(backward=cursor.backward),
            index=plan.index,
        ),
        PageQuery(match=beyond, keys=sort.keys(backward=cursor.backward), index=plan.index),
    ]


async def _read(
    people: Collection,
    plan: Plan,
    longest_ms: float,
    *,
    sort: Sort,
    limit: int,
    cursor: Cursor | None,
    fields: Mapping[str, int],
) -> list[Document]:
    found: list[Document] = []
    until = time.monotonic() + longest_ms / 1000
    for each in page_queries(plan, sort, cursor):
        left_ms = max(1, int((until - time.monotonic()) * 1000))
        query = people.find(each.match, fields, max_time_ms=left_ms).sort(each.keys)
        if each.index is not None:
            query = query.hint(each.index)
        missing = limit - len(found)
        found += await query.limit(missing).to_list(missing)
        if len(found) == limit:
            break
    return found


def keyset_filter(match: dict[str, Any], sort: Sort, cursor: Cursor | None) -> dict[str, Any]:
    """The filter for what lies beyond the cursor.

    The leading bound on the sort field stands beside the `$or`, not inside it: only so does
    MongoDB enter the index at the cursor instead of reading and sorting everything.
    """
    if cursor is None:
        return match
    beyond = _keyset_operator(sort, cursor)
    own = f"{beyond}e" if cursor.itself else beyond
    if sort.field == "_id":
        return _and(match, {"_id": {own: cursor.person_id}})
    return _and(
        match,
        {sort.field: {f"{beyond}e": cursor.value}},
        {"$or": [{sort.field: {beyond: cursor.value}}, {"_id": {own: cursor.person_id}}]},
    )


def _keyset_operator(sort: Sort, cursor: Cursor) -> str:
    """MongoDB's operator for whatever comes after the cursor, the way it reads."""
    return "$lt" if sort.descending != cursor.backward else "$gt"


def _and(match: dict[str, Any], *conditions: dict[str, Any]) -> dict[str, Any]:
    return {**match, "$and": [*match.get("$and", []), *conditions]}


def _empty_page(cursor: Cursor) -> Page:
    """All who stood beyond the cursor are gone: the only way is back, to where one came from."""
    back = replace(cursor, backward=not cursor.backward, itself=True)
    return Page(
        documents=(),
        previous=None if cursor.backward else back,
        following=back if cursor.backward else None,
    )


def _cursor_at(row: Sequence[Mapping[str, Any]], sort: Sort, *, backward: bool) -> Cursor | None:
    if not row:
        return None
    value = value_of(row[0], sort.field)
    return Cursor(value=value, person_id=row[0]["_id"], backward=backward)
