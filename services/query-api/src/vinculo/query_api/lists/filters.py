"""The one filter behind a list's page, its total and its export.

Parameters of a request are checked here against the list's catalogue; later steps see only
enumerated names, instants and plain words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.filter_errors import FieldRefusal, FieldRefusalCode, FilterInvalid
from vinculo.query_api.lists.catalogue import PeopleList
from vinculo.query_api.lists.search import MAX_WORDS, SearchQuery, parse_search
from vinculo.query_api.mongo import Expression
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
from vinculo.query_api.person_document.schema import (
    BLOCKED_BY,
    CONCERNS,
    HAS_LOANS,
    KIND,
    MODIFIED,
    STATUS,
    Concern,
)
from vinculo.query_api.read_model import Collections

SearchText = Annotated[str, Field(max_length=200, pattern="^[^\\x00\ufffd]*$")]
"""Without the replacement character, which stands where a URL was not UTF-8."""

_LOANS_FLAGS: Final[Mapping[str | None, tuple[int, ...]]] = {
    None: (0, 1),
    "none": (0,),
    "some": (1,),
}


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
    concern: Concern | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    people_list: PeopleList
    statuses: tuple[Status, ...]
    has_loans: tuple[int, ...] = (0, 1)
    created: Interval = ALWAYS
    modified: Interval = ALWAYS
    text: str = ""
    blocked_by: str | None = None
    concern: Concern | None = None
    search: SearchQuery = field(init=False, compare=False)
    """The parsed text: planning asks for it several times."""

    def __post_init__(self) -> None:
        search = parse_search(self.text, self.people_list.searches)
        object.__setattr__(self, "search", search)

    @property
    def is_answerable_from_counters(self) -> bool:
        """Whether the counters have the total: they count by status and loans."""
        return not self.conditions()

    def conditions(self) -> list[Expression]:
        """The conditions on fields that are not in the prefix of every index."""
        return [
            *_condition_within(self.people_list.created_field, self.created),
            *_condition_within(MODIFIED, self.modified),
            *([] if self.blocked_by is None else [{BLOCKED_BY: self.blocked_by}]),
            *([] if self.concern is None else [{CONCERNS: self.concern.value}]),
            *self.search.conditions(),
        ]

    def prefix(self) -> Expression:
        """The conditions on the prefix of every index.

        Kind, status and loans flag are always named with all their values, so that every sort order
        is a merge of a few ordered index scans.
        """
        return {
            KIND: {"$in": [str(kind) for kind in self.people_list.kinds]},
            STATUS: {"$in": [str(status) for status in self.statuses]},
            HAS_LOANS: {"$in": list(self.has_loans)},
        }

    def match(self) -> Expression:
        """MongoDB's filter."""
        conditions = self.conditions()
        return {**self.prefix(), "$and": conditions} if conditions else self.prefix()

    def matches_group(self, group: Group) -> bool:
        """Whether people of this group can match the filter."""
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
) -> PeopleFilter:
    """The checked filter; presets are relative to `now`.

    Raises:
        FilterInvalid: the list does not have what is filtered by, or dates contradict each other.

    """
    today = now.astimezone(zone).date()
    refusals = [
        FieldRefusal("status", FieldRefusalCode.NOT_IN_THIS_LIST, ", ".join(people_list.statuses))
        for status in parameters.status
        if status not in people_list.statuses
    ]
    if len(parameters.q.split()) > MAX_WORDS:
        refusals.append(FieldRefusal("q", FieldRefusalCode.TOO_MANY_WORDS, MAX_WORDS))
    if parameters.blocked_by is not None and Kind.PRE_CUSTOMER not in people_list.kinds:
        refusals.append(FieldRefusal("blocked_by", FieldRefusalCode.NOT_OF_THIS_LIST))
    for name in ("created", "modified"):
        refusals.extend(_contradictions(name, parameters))
    if refusals:
        raise FilterInvalid(*refusals)
    return PeopleFilter(
        people_list=people_list,
        statuses=_statuses(people_list, parameters.status),
        has_loans=_LOANS_FLAGS[parameters.active_loans],
        created=_interval("created", parameters, zone, today),
        modified=_interval("modified", parameters, zone, today),
        text=parameters.q,
        blocked_by=parameters.blocked_by,
        concern=parameters.concern,
    )


async def require_known_codes(collections: Collections, parameters: FilterParameters) -> None:
    """Accept the requirements of the policies, and those that people still have of former ones.

    Raises:
        FilterInvalid: no one can be blocked by the requirement.

    """
    code = parameters.blocked_by
    if code is None:
        return
    policies = await collections.policies.find().to_list(None)
    known = sorted({each["code"] for p in policies for each in p.get("requirements", [])})
    if code not in known and await collections.people.find_one({BLOCKED_BY: code}) is None:
        refusal = FieldRefusal("blocked_by", FieldRefusalCode.NOT_ALLOWED, ", ".join(known))
        raise FilterInvalid(refusal)


def _statuses(people_list: PeopleList, requested: tuple[Status, ...]) -> tuple[Status, ...]:
    """Pending includes those not verified yet in a list of both kinds, as its users expect."""
    chosen = set(requested or people_list.statuses)
    if len(people_list.kinds) > 1 and Status.PENDING in chosen:
        chosen.add(Status.PENDING_EMAIL_VERIFICATION)
    return tuple(status for status in people_list.statuses if status in chosen)


def _contradictions(name: str, parameters: FilterParameters) -> Iterator[FieldRefusal]:
    preset, first, last = _dates(name, parameters)
    if preset is not None and (first is not None or last is not None):
        yield FieldRefusal(name, FieldRefusalCode.PRESET_AND_DATES)
    if first is not None and last is not None and first > last:
        yield FieldRefusal(f"{name}_from", FieldRefusalCode.DATES_REVERSED)


def _interval(name: str, parameters: FilterParameters, zone: ZoneInfo, today: date) -> Interval:
    preset, first, last = _dates(name, parameters)
    if preset is not None:
        first, last = preset_dates(preset, today)
    return local_dates(first, last, zone)


def _dates(
    name: str, parameters: FilterParameters
) -> tuple[Preset | None, date | None, date | None]:
    if name == "created":
        return parameters.created, parameters.created_from, parameters.created_to
    return parameters.modified, parameters.modified_from, parameters.modified_to


def _condition_within(field: str, interval: Interval) -> list[Expression]:
    condition = within(field, interval)
    return [condition] if condition else []
