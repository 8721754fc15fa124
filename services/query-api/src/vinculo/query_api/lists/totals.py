"""How many: to date from the projector's counters, of a filter counted up to a cap."""

from dataclasses import dataclass
from typing import Any, Final

from vinculo.contracts.customer_registry import Kind
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.pages import LONGEST_QUERY_MS
from vinculo.query_api.lists.planning import Planner
from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.counters import GroupCounts, sum_counts

CAP: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    people: int
    is_capped: bool = False


async def read_counts(counters: Collection) -> GroupCounts:
    """People by kind, status and loans flag."""
    return sum_counts(await counters.find({"counts": {"$exists": True}}).to_list(None))


def to_date(counts: GroupCounts, kinds: tuple[Kind, ...]) -> int:
    return sum(people for group, people in counts.items() if group.kind in kinds)


def by_status(counts: GroupCounts) -> dict[str, dict[str, int]]:
    """People by kind and status."""
    totals: dict[str, dict[str, int]] = {}
    for group, people in counts.items():
        statuses = totals.setdefault(group.kind, {})
        statuses[group.status] = statuses.get(group.status, 0) + people
    return totals


async def matching(
    people: Collection,
    people_filter: PeopleFilter,
    counts: GroupCounts,
    planner: Planner | None = None,
    *,
    longest_ms: int = LONGEST_QUERY_MS,
) -> Total:
    """The filter's total: exact where the counters know it, else counted up to the cap.

    A planner counts by the index that it chooses, and not at all where there are more for certain.
    """
    if people_filter.counted:
        return Total(people=sum(n for group, n in counts.items() if people_filter.holds(group)))
    if planner is not None and planner.at_least() > CAP:
        return Total(people=CAP, is_capped=True)
    plan = None if planner is None else planner.count()
    hint = {} if plan is None or plan.index is None else {"hint": plan.index}
    options: dict[str, Any] = {"limit": CAP + 1, "maxTimeMS": longest_ms, **hint}
    match = people_filter.match() if plan is None else plan.match
    found = await people.count_documents(match, **options)
    return Total(people=min(found, CAP), is_capped=found > CAP)
