"""What is counted of a person's document: the current status, and the hours of status changes.

Totals are sums over all listed people. They are kept in counter documents, one per Kafka partition
number, so that no transaction waits for another one; readers add the documents up:

* `{_id, counts: {"customer|enabled|1": 42}}`: people by kind, status and loans flag;
* `{_id: "681|3", block: 681, hours: {"490321|customer|enabled": 2}}`: people who entered a status
  (1) or left it (-1), by hour of UTC, from which the days of every time zone can be made. A block
  is 720 hours. The sum over all hours is the current total.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, NotRequired, TypeAlias
from urllib.parse import unquote

from typing_extensions import TypedDict

from vinculo.query_api.person_document.schema import Person

HOURS_PER_BLOCK: Final = 720
_SECONDS_PER_HOUR: Final = 3600


class Group(NamedTuple):
    """People of one kind and status, with or without active loans."""

    kind: str
    status: str
    has_loans: int


class HourlyGroup(NamedTuple):
    """A status in one hour; `hour` is the number of hours since 1970."""

    hour: int
    kind: str
    status: str


class CounterDocument(TypedDict):
    """A counter document of totals, with `counts`, or of hourly counts, with `block` and `hours`.

    The id of the first is a partition number, that of the second `block|partition`.
    """

    _id: int | str
    counts: NotRequired[dict[str, int]]
    block: NotRequired[int]
    hours: NotRequired[dict[str, int]]


GroupCounts: TypeAlias = Mapping[Group, int]
StatusHistory: TypeAlias = Mapping[HourlyGroup, int]
"""People who entered the status in that hour, less those who left it."""


def group_of(person: Person) -> Group | None:
    """The group in which the person is counted; None for a person who is in no list."""
    kind = person.get("kind")
    return None if kind is None else Group(kind, person["status"], person["has_loans"])


def status_history_of(person: Person) -> StatusHistory:
    """The person's share of the hourly counts; empty for a person who is in no list.

    A move has no kind when the registration's event was discarded as a dead letter.
    """
    if person.get("kind") is None:
        return {}
    history: Counter[HourlyGroup] = Counter()
    before: tuple[str, str] | None = None
    for move in person["registry"].get("moves", ()):
        kind = move["kind"]
        if kind is None or (now := (kind, move["status"])) == before:
            continue
        hour = hour_of(move["at"])
        if before is not None:
            history[HourlyGroup(hour, *before)] -= 1
        history[HourlyGroup(hour, *now)] += 1
        before = now
    return history


def hour_of(moment: datetime) -> int:
    """The number of whole hours since 1970."""
    return int(moment.timestamp()) // _SECONDS_PER_HOUR


def block_of(hour: int) -> int:
    return hour // HOURS_PER_BLOCK


def sum_counts(documents: Iterable[CounterDocument]) -> dict[Group, int]:
    """The totals over counter documents; documents of hourly counts are ignored."""
    totals: Counter[Group] = Counter()
    for document in documents:
        for key, people in document.get("counts", {}).items():
            kind, status, has_loans = key.split("|")
            totals[Group(unquote(kind), unquote(status), int(has_loans))] += people
    return {group: people for group, people in totals.items() if people}


def sum_status_history(documents: Iterable[CounterDocument]) -> Counter[HourlyGroup]:
    """The hourly counts over counter documents; documents of totals are ignored."""
    totals: Counter[HourlyGroup] = Counter()
    for document in documents:
        for key, people in document.get("hours", {}).items():
            hour, kind, status = key.split("|")
            totals[HourlyGroup(int(hour), unquote(kind), unquote(status))] += people
    return totals
