"""What an export reads: the list's own filter, sort and columns, in the server's batches."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pymongo.errors import ExecutionTimeout

from vinculo.query_api.exports.arrow import id_bytes, read_batch, schema_of
from vinculo.query_api.exports.threads import in_thread
from vinculo.query_api.lists.catalogue import LISTS, Column, ListName
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.pages import Query, queries
from vinculo.query_api.lists.planning import Plan
from vinculo.query_api.lists.rows import shown_fields
from vinculo.query_api.lists.sorting import Sort, sort_by
from vinculo.query_api.lists.totals import matching, read_counts
from vinculo.query_api.mongo import Session
from vinculo.query_api.payer_names import payer_names
from vinculo.query_api.person_document.schema import PAYER_ID, index_name
from vinculo.query_api.read_model import Collections

BATCH_ROWS: Final = 10_000
COUNTED_MS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What to read, from which generation of the read model."""

    collections: Collections
    people_filter: PeopleFilter
    sort: Sort
    columns: tuple[Column, ...]

    async def estimated_rows(self) -> int | None:
        """How many there will be; None when counting them takes too long."""
        people, people_filter = self.collections.people, self.people_filter
        try:
            if people_filter.counted:
                counts = await read_counts(self.collections.counters)
                return (await matching(people, people_filter, counts)).people
            return await people.count_documents(people_filter.match(), maxTimeMS=COUNTED_MS)
        except ExecutionTimeout:
            return None

    async def batches(self, session: Session | None) -> AsyncGenerator[pa.RecordBatch, None]:
        """The next is fetched while the last one is at work."""
        schema = schema_of(self.columns)
        index = index_name(self.sort.field) if self.people_filter.counted else None
        plan = Plan(index=index, match=self.people_filter.match(), people=0)
        for query in queries(plan, self.sort, None):
            cursor = self._ask(query, session)
            try:
                async with aclosing(_ahead(cursor)) as raw:
                    async for batch in raw:
                        if batch:  # an empty one says that there are no people
                            yield await in_thread(read_batch, batch, schema)
            finally:
                await cursor.close()

    def _ask(self, query: Query, session: Session | None) -> Any:  # noqa: ANN401 - either driver's cursor
        hint = {} if query.index is None else {"hint": query.index}
        return self.collections.people.find_raw_batches(
            query.match,
            shown_fields(self.columns, "_id"),
            sort=list(query.keys),
            batch_size=BATCH_ROWS,
            session=session,
            **hint,
        )

    async def payers(self, people: pa.RecordBatch) -> Mapping[UUID, str]:
        """Names of the payers of a batch, when they are shown."""
        if PAYER_ID not in people.schema.names:
            return {}
        ids = pc.unique(id_bytes(people.column(PAYER_ID))).drop_null()
        wanted = [{PAYER_ID: UUID(bytes=each)} for each in ids.to_pylist()]
        return await payer_names(self.collections.payers, wanted)


def reading_of(job: Mapping[str, Any], collections: Collections, zone: ZoneInfo) -> Reading:
    people_list = LISTS[ListName(job["list"])]
    return Reading(
        collections=collections,
        people_filter=filter_people(
            people_list,
            FilterParameters.model_validate(job["parameters"]),
            zone=zone,
            now=job["requested_at"],
        ),
        sort=sort_by(people_list, job["sort"]),
        columns=tuple(c for c in people_list.columns if c.name in job["columns"]),
    )


async def _ahead(batches: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """One batch further than asked for."""

    async def fetch() -> bytes | None:
        return await anext(batches, None)

    coming = asyncio.create_task(fetch())
    try:
        while (batch := await coming) is not None:
            coming = asyncio.create_task(fetch())
            yield batch
    finally:
        coming.cancel()
        await asyncio.wait([coming])
