"""How many: to date from the projector's counters, of a filter counted up to a cap."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vinculo.contracts.customer_registry import Kind
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.pages import LONGEST_QUERY_MS
from vinculo.query_api.mongo import Collection
from vinculo.query_api.projection.counters import Group, sum_counts

CAP: Final = 10_000
Counts = Mapping[Group, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    people: int
    is_capped: bool = False


async def read_counts(counters: Collection) -> Counts:
    """People by kind, status and loans flag."""
    return sum_counts(await counters.find({"counts": {"$exists": True}}).to_list(None))


def to_date(counts: Counts, kinds: tuple[Kind, ...]) -> int:
    return sum(people for group, people in counts.items() if group.kind in kinds)


def by_status(counts: Counts) -> dict[str, dict[str, int]]:
    """People by kind and status."""
    totals: dict[str, dict[str, int]] = {}
    for group, people in counts.items():
        statuses = totals.setdefault(group.kind, {})
        statuses[group.status] = statuses.get(group.status, 0) + people
    return totals


async def matching(people: Collection, people_filter: PeopleFilter, counts: Counts) -> Total:
    """The filter's total: exact where the counters know it, else counted up to the cap."""
    if people_filter.counted:
        return Total(people=sum(n for group, n in counts.items() if _in(people_filter, group)))
    found = await people.count_documents(
        people_filter.match(), limit=CAP + 1, maxTimeMS=LONGEST_QUERY_MS
    )
    return Total(people=min(found, CAP), is_capped=found > CAP)


def _in(people_filter: PeopleFilter, group: Group) -> bool:
    return (
        group.kind in people_filter.people_list.kinds
        and group.status in people_filter.statuses
        and group.has_loans in people_filter.has_loans
    )
