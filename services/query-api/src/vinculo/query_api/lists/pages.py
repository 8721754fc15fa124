"""One page of a list, by keyset: as fast at any depth, and steady while rows come and go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vinculo.query_api.lists.cursor import Cursor
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.sorting import Sort
from vinculo.query_api.mongo import Collection
from vinculo.query_api.people.columns import index_name

LONGEST_QUERY_MS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    documents: Sequence[Mapping[str, Any]]
    previous: Cursor | None
    following: Cursor | None


async def read_page(
    people: Collection,
    people_filter: PeopleFilter,
    sort: Sort,
    *,
    limit: int,
    cursor: Cursor | None,
    fields: Mapping[str, int],
) -> Page:
    backward = cursor is not None and cursor.backward
    query = people.find(
        with_position(people_filter.match(), sort, cursor), fields, max_time_ms=LONGEST_QUERY_MS
    )
    if people_filter.counted:
        query = query.hint(index_name(sort.field))
    found = await query.sort(sort.keys(backward=backward)).limit(limit + 1).to_list(limit + 1)
    more = len(found) > limit
    documents = found[:limit]
    if backward:
        documents.reverse()
    return Page(
        documents=documents,
        previous=_beside(documents[:1], sort, backward=True)
        if (more if backward else cursor is not None)
        else None,
        following=_beside(documents[-1:], sort, backward=False) if backward or more else None,
    )


def with_position(match: dict[str, Any], sort: Sort, cursor: Cursor | None) -> dict[str, Any]:
    """The filter for what lies beyond the cursor.

    The leading bound on the sort field stands beside the `$or`, not inside it: only so does
    MongoDB enter the index at the cursor instead of reading and sorting everything.
    """
    if cursor is None:
        return match
    down = sort.descending != cursor.backward
    beyond, from_on = ("$lt", "$lte") if down else ("$gt", "$gte")
    if sort.field == "_id":
        position: list[dict[str, Any]] = [{"_id": {beyond: cursor.person_id}}]
    else:
        position = [
            {sort.field: {from_on: cursor.value}},
            {
                "$or": [
                    {sort.field: {beyond: cursor.value}},
                    {"_id": {beyond: cursor.person_id}},
                ]
            },
        ]
    return {**match, "$and": [*match.get("$and", []), *position]}


def _beside(row: Sequence[Mapping[str, Any]], sort: Sort, *, backward: bool) -> Cursor | None:
    if not row:
        return None
    value: Any = row[0]
    for part in sort.field.split("."):
        value = value[part]
    return Cursor(value=value, person_id=row[0]["_id"], backward=backward)
