"""The one filter behind a list's page, its total and its file.

What a client asks for is checked here against the list's catalogue; from then on only enumerated
names, instants and plain words go on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.httpapi import FieldError, Problem
from vinculo.query_api.filter_errors import field_refusal
from vinculo.query_api.lists.catalogue import PeopleList
from vinculo.query_api.lists.search import MAX_WORDS, SearchQuery, parse_search
from vinculo.query_api.periods import (
    ALWAYS,
    Interval,
    LocalDate,
    Preset,
    local_dates,
    preset_dates,
    within,
)
from vinculo.query_api.person_document.counters import Group
from vinculo.query_api.person_document.schema import BLOCKED_BY
from vinculo.translation import DEFAULT_LANGUAGE, Language

SearchText = Annotated[str, Field(max_length=200, pattern="^[^\\x00\ufffd]*$")]
"""The replacement character stands where an address was no UTF-8."""


class FilterParameters(BaseModel):
    """Filters as a client names them; dates are local and both ends inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: SearchText = ""
    status: Annotated[tuple[Status, ...], Field(max_length=2 * len(Status))] = ()
    active_loans: Literal["none", "some"] | None = None
    created: Preset | None = None
    created_from: LocalDate | None = None
    created_to: LocalDate | None = None
    modified: Preset | None = None
    modified_from: LocalDate | None = None
    modified_to: LocalDate | None = None
    blocked_by: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,59}$")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    people_list: PeopleList
    statuses: tuple[Status, ...]
    has_loans: tuple[int, ...] = (0, 1)
    created: Interval = ALWAYS
    modified: Interval = ALWAYS
    text: str = ""
    blocked_by: str | None = None

    @property
    def sought(self) -> SearchQuery:
        """What the text asks for."""
        return parse_search(self.text, self.people_list.searches)

    @property
    def counted(self) -> bool:
        """Whether the projector's counters know the total: status and loans are counted."""
        return not self.conditions()

    def conditions(self) -> list[dict[str, Any]]:
        """What the prefix of every index does not decide."""
        return [
            *_within(self.people_list.created_field, self.created),
            *_within("modified", self.modified),
            *([] if self.blocked_by is None else [{BLOCKED_BY: self.blocked_by}]),
            *self.sought.conditions(),
        ]

    def prefix(self) -> dict[str, Any]:
        """The conditions on what every index begins with.

        Kind, status and loans are always named with all their values, so that any sort order is a
        merge of a few ordered index scans.
        """
        return {
            "kind": {"$in": [str(kind) for kind in self.people_list.kinds]},
            "status": {"$in": [str(status) for status in self.statuses]},
            "has_loans": {"$in": list(self.has_loans)},
        }

    def match(self) -> dict[str, Any]:
        """The MongoDB filter."""
        conditions = self.conditions()
        return {**self.prefix(), "$and": conditions} if conditions else self.prefix()

    def holds(self, group: Group) -> bool:
        """Whether people of this kind, status and loans flag can be in the filter."""
        return (
            group.kind in self.people_list.kinds
            and group.status in self.statuses
            and group.has_loans in self.has_loans
        )


def filter_people(
    people_list: PeopleList,
    parameters: FilterParameters,
    *,
    zone: ZoneInfo,
    now: datetime,
    language: Language = DEFAULT_LANGUAGE,
) -> PeopleFilter:
    """Raises Problem 422 for what the list does not hold, or dates that contradict."""
    today = now.astimezone(zone).date()
    errors = [
        field_refusal("status", "not_in_this_list", language, status)
        for status in parameters.status
        if status not in people_list.statuses
    ]
    if len(parameters.q.split()) > MAX_WORDS:
        errors.append(field_refusal("q", "too_many_words", language, MAX_WORDS))
    if parameters.blocked_by is not None and Kind.PRE_CUSTOMER not in people_list.kinds:
        errors.append(field_refusal("blocked_by", "not_of_this_list", language))
    for name in ("created", "modified"):
        errors.extend(_contradictions(name, parameters, language))
    if errors:
        raise Problem(422, "filter-invalid", errors=errors)
    return PeopleFilter(
        people_list=people_list,
        statuses=_statuses(people_list, parameters.status),
        has_loans=_LOANS[parameters.active_loans],
        created=_interval("created", parameters, zone, today),
        modified=_interval("modified", parameters, zone, today),
        text=parameters.q,
        blocked_by=parameters.blocked_by,
    )


_LOANS: Final[Mapping[str | None, tuple[int, ...]]] = {None: (0, 1), "none": (0,), "some": (1,)}


def _statuses(people_list: PeopleList, asked: tuple[Status, ...]) -> tuple[Status, ...]:
    """Pending means the unverified too where a list holds both kinds, as its users read it."""
    chosen = set(asked or people_list.statuses)
    if len(people_list.kinds) > 1 and Status.PENDING in chosen:
        chosen.add(Status.PENDING_EMAIL_VERIFICATION)
    return tuple(status for status in people_list.statuses if status in chosen)


def _contradictions(
    name: str, parameters: FilterParameters, language: Language
) -> Iterator[FieldError]:
    preset, first, last = _asked(name, parameters)
    if preset is not None and (first is not None or last is not None):
        yield field_refusal(name, "preset_and_dates", language)
    if first is not None and last is not None and first > last:
        yield field_refusal(f"{name}_from", "dates_reversed", language)


def _interval(name: str, parameters: FilterParameters, zone: ZoneInfo, today: date) -> Interval:
    preset, first, last = _asked(name, parameters)
    if preset is not None:
        first, last = preset_dates(preset, today)
    return local_dates(first, last, zone)


def _asked(
    name: str, parameters: FilterParameters
) -> tuple[Preset | None, date | None, date | None]:
    if name == "created":
        return parameters.created, parameters.created_from, parameters.created_to
    return parameters.modified, parameters.modified_from, parameters.modified_to


def _within(field: str, interval: Interval) -> list[dict[str, Any]]:
    condition = within(field, interval)
    return [condition] if condition else []
