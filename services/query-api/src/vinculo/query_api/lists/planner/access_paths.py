"""The index conditions of a filter, with the people of a sample that each one matches.

A record's status never changes before the record is created, so people created on or after a day
were modified on or after it, too: bounds on one date imply bounds on the other.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.planner.statistics import SampleStatistics
from vinculo.query_api.lists.search import Token, Word, any_of
from vinculo.query_api.mongo import Expression
from vinculo.query_api.periods import ALWAYS, Interval, within
from vinculo.query_api.person_document.indexes import TOKENS_INDEX, index_name
from vinculo.query_api.person_document.schema import BLOCKED_BY, CONCERNS, MODIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPath:
    """One condition and the index that serves it.

    `condition` is evaluated in the index, `residual` on the documents that the index returns.
    `scanned` are the rows of the sample that the index returns, `matching` those that also match
    the residual condition.
    """

    index: str
    condition: Expression
    scanned: AbstractSet[int]
    matching: AbstractSet[int]
    residual: Expression | None = None

    @property
    def has_equality_prefix(self) -> bool:
        """Whether kind, status and loans flag are the prefix of the index."""
        return self.index != TOKENS_INDEX

    def full_condition(self) -> Expression:
        """The whole condition, for a plan that reads by another index."""
        return self.condition if self.residual is None else self.residual


def date_bounds(people_filter: PeopleFilter) -> Mapping[str, Interval]:
    """The bounds of each date, given or implied by those of the other date."""
    created, modified = people_filter.created, people_filter.modified
    return {
        people_filter.people_list.created_field: replace(
            created, until=_earlier(created.until, modified.until)
        ),
        MODIFIED: replace(modified, since=_later(created.since, modified.since)),
    }


def access_paths(people_filter: PeopleFilter, sample: SampleStatistics) -> list[AccessPath]:
    """One for each condition that is not on the common prefix of all indexes."""
    return [
        *_dates(people_filter, sample),
        *_requirement(people_filter, sample),
        *_concern(people_filter, sample),
        *(_word(word, sample) for word in people_filter.search.words),
    ]


def _dates(people_filter: PeopleFilter, sample: SampleStatistics) -> Iterator[AccessPath]:
    given = {
        people_filter.people_list.created_field: people_filter.created,
        MODIFIED: people_filter.modified,
    }
    for field, interval in date_bounds(people_filter).items():
        if given[field] != ALWAYS:
            rows = sample.between(field, interval.since, interval.until)
            yield AccessPath(
                index=index_name(field),
                condition=within(field, interval),
                scanned=rows,
                matching=rows,
            )


def _requirement(people_filter: PeopleFilter, sample: SampleStatistics) -> Iterator[AccessPath]:
    requirement = people_filter.blocked_by
    if requirement is not None:
        rows = sample.blocked_by(requirement)
        yield AccessPath(
            index=index_name(BLOCKED_BY),
            condition={BLOCKED_BY: requirement},
            scanned=rows,
            matching=rows,
        )


def _concern(people_filter: PeopleFilter, sample: SampleStatistics) -> Iterator[AccessPath]:
    if people_filter.concern is not None:
        rows = sample.with_concern(people_filter.concern)
        yield AccessPath(
            index=index_name(CONCERNS),
            condition={CONCERNS: people_filter.concern.value},
            scanned=rows,
            matching=rows,
        )


def _word(word: Word, sample: SampleStatistics) -> AccessPath:
    """By the rarest part of each alternative of the word."""
    tokens: list[Token] = []
    scanned, matching = set[int](), set[int]()
    for alternative in word.alternatives:
        holders = [sample.holders(part) for part in alternative]
        rarest = min(range(len(alternative)), key=lambda part: len(holders[part]))
        tokens += alternative[rarest]
        scanned |= holders[rarest]
        matching |= set.intersection(*holders)
    return AccessPath(
        index=TOKENS_INDEX,
        condition=any_of(tokens),
        scanned=scanned,
        matching=matching,
        residual=word.condition(),
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return one if other is None else other if one is None else min(one, other)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return one if other is None else other if one is None else max(one, other)
