"""Whether a file would hold more rows than its format may, as far as that is known beforehand."""

from pymongo.errors import ExecutionTimeout

from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.pages import LONGEST_QUERY_MS
from vinculo.query_api.lists.totals import matching, read_counts
from vinculo.query_api.read_model import ReadModel


async def too_many_rows(read_model: ReadModel, people_filter: PeopleFilter, most: int) -> bool:
    """False also when counting takes too long: the exporter stops at the limit by itself."""
    collections = await read_model.collections()
    if people_filter.counted:
        counts = await read_counts(collections.counters)
        return (await matching(collections.people, people_filter, counts)).people > most
    try:
        found = await collections.people.count_documents(
            people_filter.match(), limit=most + 1, maxTimeMS=LONGEST_QUERY_MS
        )
    except ExecutionTimeout:
        return False
    return found > most
