"""By which conditions of a filter an index can be entered, and who of a sample fits each.

A record's status never changes before its own date of creation, so whoever was created from some
day on was modified from that day on, too: bounds on one date bound the other.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.planner.statistics import SampleStatistics
from vinculo.query_api.lists.search import Token, Word, any_of
from vinculo.query_api.periods import ALWAYS, Interval, within
from vinculo.query_api.person_document.schema import BLOCKED_BY, MODIFIED, TOKENS_INDEX, index_name


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPath:
    """`rows` are those whom the index gives, `fitting` those of them who fit the condition.

    `condition` is what is sought in the index, `beside` what has to be checked of whoever is found.
    """

    index: str
    condition: dict[str, Any]
    rows: AbstractSet[int]
    fitting: AbstractSet[int]
    beside: dict[str, Any] | None = None

    @property
    def behind_prefix(self) -> bool:
        """Whether the index tells kinds, statuses and loans apart."""
        return self.index != TOKENS_INDEX

    def checked(self) -> dict[str, Any]:
        """The whole condition, where another index was entered."""
        return self.condition if self.beside is None else self.beside


def date_bounds(people_filter: PeopleFilter) -> Mapping[str, Interval]:
    """What the filter says of each date, of itself or through the other one."""
    created, modified = people_filter.created, people_filter.modified
    return {
        people_filter.people_list.created_field: replace(
            created, until=_earlier(created.until, modified.until)
        ),
        MODIFIED: replace(modified, since=_later(created.since, modified.since)),
    }


def access_paths(people_filter: PeopleFilter, sample: SampleStatistics) -> list[AccessPath]:
    """One per condition that status and loans leave open."""
    return [
        *_dates(people_filter, sample),
        *_requirement(people_filter, sample),
        *(_word(word, sample) for word in people_filter.sought.words),
    ]


def _dates(people_filter: PeopleFilter, sample: SampleStatistics) -> Iterator[AccessPath]:
    created_field = people_filter.people_list.created_field
    asked = {created_field: people_filter.created, MODIFIED: people_filter.modified}
    for field, interval in date_bounds(people_filter).items():
        if asked[field] != ALWAYS:
            rows = sample.between(field, interval.since, interval.until)
            condition = within(field, interval)
            yield AccessPath(index=index_name(field), condition=condition, rows=rows, fitting=rows)


def _requirement(people_filter: PeopleFilter, sample: SampleStatistics) -> Iterator[AccessPath]:
    requirement = people_filter.blocked_by
    if requirement is not None:
        rows = sample.blocked_by(requirement)
        condition = {BLOCKED_BY: requirement}
        yield AccessPath(index=index_name(BLOCKED_BY), condition=condition, rows=rows, fitting=rows)


def _word(word: Word, sample: SampleStatistics) -> AccessPath:
    """Entered by the rarest part of each way in which the word can be found."""
    tokens: list[Token] = []
    rows, fitting = set[int](), set[int]()
    for way in word.ways:
        holders = [sample.holders(part) for part in way]
        rarest = min(range(len(way)), key=lambda part: len(holders[part]))
        tokens += way[rarest]
        rows |= holders[rarest]
        fitting |= set.intersection(*holders)
    return AccessPath(
        index=TOKENS_INDEX,
        condition=any_of(tokens),
        rows=rows,
        fitting=fitting,
        beside=word.condition(),
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return one if other is None else other if one is None else min(one, other)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return one if other is None else other if one is None else max(one, other)
