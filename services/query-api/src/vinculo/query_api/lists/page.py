"""One page of a list by keyset pagination: fast at every depth, stable while rows change."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pymongo.errors import ExecutionTimeout

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import Sort
from vinculo.query_api.lists.planner.planner import Plan
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection, Expression
from vinculo.query_api.person_document.indexes import index_name
from vinculo.query_api.person_document.schema import KIND, STATUS, Person, sort_value

MIN_TRIAL_MS: Final = 1_000
MS_PER_ROW: Final = 0.005
OVERRUN_FACTOR: Final = 4
"""A plan that exceeds its estimate by this factor is aborted and the next plan tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    documents: Sequence[Person]
    previous: Cursor | None
    following: Cursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """A query of MongoDB; `keys` are pairs of sort field and direction."""

    match: Expression
    keys: Sequence[tuple[str, int]]
    index: str | None


async def read_page(
    people: Collection[Person],
    plans: Sequence[Plan],
    sort: Sort,
    *,
    limit: int,
    cursor: Cursor | None,
    fields: Mapping[str, int],
    timeout_ms: int = MAX_QUERY_MS,
) -> Page:
    """The page, read by the first plan, or by the second when the first overruns its estimate.

    Raises:
        pymongo.errors.ExecutionTimeout: no plan has found the page in time.

    """
    backward = cursor is not None and cursor.backward
    read = partial(_read, people, sort=sort, limit=limit + 1, cursor=cursor, fields=fields)
    first, *others = plans
    trial_ms = max(MIN_TRIAL_MS, OVERRUN_FACTOR * MS_PER_ROW * first.estimated_rows)
    if not others or trial_ms >= timeout_ms:
        found = await read(first, timeout_ms)
    else:
        try:
            found = await read(first, trial_ms)
        except ExecutionTimeout:
            found = await read(others[0], timeout_ms - trial_ms)
    has_more = len(found) > limit
    documents = found[:limit]
    if backward:
        documents.reverse()
    if not documents and cursor is not None:
        return _empty_page(cursor)
    return Page(
        documents=documents,
        previous=_cursor_at(documents[:1], sort, backward=True)
        if (has_more if backward else cursor is not None)
        else None,
        following=_cursor_at(documents[-1:], sort, backward=False)
        if backward or has_more
        else None,
    )


def page_queries(plan: Plan, sort: Sort, cursor: Cursor | None) -> list[PageQuery]:
    """The queries to run one after another, until the page is full."""
    if plan.index == index_name(sort.field):
        if sort.field in {KIND, STATUS}:
            return _split_by_value(plan, sort, cursor)
        if cursor is not None and sort.field != "_id" and "$and" in plan.match:
            return _split_at_cursor_value(plan, sort, cursor)
    match = keyset_filter(plan.match, sort, cursor)
    keys = sort.keys(backward=cursor is not None and cursor.backward)
    return [PageQuery(match=match, keys=keys, index=plan.index)]


def _split_by_value(plan: Plan, sort: Sort, cursor: Cursor | None) -> list[PageQuery]:
    """One query per status or kind, in the order of ids.

    MongoDB cannot merge scans of single statuses into the order of statuses, and would sort all
    people.
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
    """First the people with the cursor's value, in the order of ids, then those beyond it.

    With conditions that are not in the index, MongoDB would read all people with the same value, of
    a document type for instance, from the first one on.
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
    people: Collection[Person],
    plan: Plan,
    timeout_ms: float,
    *,
    sort: Sort,
    limit: int,
    cursor: Cursor | None,
    fields: Mapping[str, int],
) -> list[Person]:
    found: list[Person] = []
    deadline = time.monotonic() + timeout_ms / 1000
    for query in page_queries(plan, sort, cursor):
        left_ms = max(1, int((deadline - time.monotonic()) * 1000))
        documents = people.find(query.match, fields, max_time_ms=left_ms).sort(query.keys)
        if query.index is not None:
            documents = documents.hint(query.index)
        missing = limit - len(found)
        found += await documents.limit(missing).to_list(missing)
        if len(found) == limit:
            break
    return found


def keyset_filter(match: Expression, sort: Sort, cursor: Cursor | None) -> Expression:
    """The filter for what is beyond the cursor.

    The bound on the sort field is a condition apart from the `$or`: only then does MongoDB start
    the index scan at the cursor instead of reading and sorting everything.
    """
    if cursor is None:
        return match
    operator = _keyset_operator(sort, cursor)
    id_operator = f"{operator}e" if cursor.inclusive else operator
    if sort.field == "_id":
        return _and(match, {"_id": {id_operator: cursor.person_id}})
    return _and(
        match,
        {sort.field: {f"{operator}e": cursor.value}},
        {
            "$or": [
                {sort.field: {operator: cursor.value}},
                {"_id": {id_operator: cursor.person_id}},
            ]
        },
    )


def _keyset_operator(sort: Sort, cursor: Cursor) -> str:
    """MongoDB's operator for values beyond the cursor, in the direction of reading."""
    return "$lt" if sort.descending != cursor.backward else "$gt"


def _and(match: Expression, *conditions: Expression) -> Expression:
    return {**match, "$and": [*match.get("$and", []), *conditions]}


def _empty_page(cursor: Cursor) -> Page:
    """A page without rows beyond its cursor: the only link leads back to the row of the cursor."""
    back = replace(cursor, backward=not cursor.backward, inclusive=True)
    return Page(
        documents=(),
        previous=None if cursor.backward else back,
        following=back if cursor.backward else None,
    )


def _cursor_at(row: Sequence[Person], sort: Sort, *, backward: bool) -> Cursor | None:
    if not row:
        return None
    value = sort_value(row[0], sort.field)
    return Cursor(value=value, person_id=row[0]["_id"], backward=backward)
