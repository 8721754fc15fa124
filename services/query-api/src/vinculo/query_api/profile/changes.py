"""Which fields of a profile differ between two points of a person's history, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.person_document.timeline import (
    TimelineEntry,
    apply_event,
    bson_roundtrip,
    empty_person,
)
from vinculo.query_api.profile.as_of import PersonHistory
from vinculo.query_api.profile.profile import ProfileView, profile_of

IDENTIFYING_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "credit_overview.loans": ("source", "loan_id"),
    "credit_overview.applications": ("source", "application_id"),
    "customer_details.documents.files": ("document_id",),
    "customer_details.documents.requirements": ("code",),
    "customer_details.requirements.results": ("requirement",),
}
"""Lists whose items are compared by these fields; any other list is one value."""

SAME_LISTS: Final[Mapping[str, str]] = {
    "credit_overview.finished_loans": "credit_overview.loans",
    "refinanced_loans": "credit_overview.loans",
}
"""Lists that share their items with another one: an item that moves is compared with itself."""

EXCLUDED_FIELDS: Final = frozenset(
    {
        "person_id",
        "version",
        "customer_details.consent_ledger",
        "customer_details.employment.age_days",
        "customer_details.employment.is_stale",
        "customer_details.employment.payer_state",
        "customer_details.employment.payer_reason_code",
        "customer_details.status.status",
    }
)
"""Fields that repeat others, grow with every event, or are known for today only."""

Fields: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """None means no value. `events` are those in between that changed the field."""

    field: str
    before: object
    after: object
    events: tuple[TimelineEntry, ...]


def changes_between(
    history: PersonHistory, first: int, last: int, view: ProfileView
) -> list[Change]:
    """Changes between two numbers of events, by field; without fields that changed back."""
    document = empty_person(history.person_id)
    for event in history.events[:first]:
        apply_event(document, event.received, event.decrypted)
    before = now = _fields(document, view)
    changed_by: dict[str, list[TimelineEntry]] = {}
    for event in history.events[first:last]:
        apply_event(document, event.received, event.decrypted)
        previous, now = now, _fields(document, view)
        for field in _differing(previous, now):
            changed_by.setdefault(field, []).append(event.entry)
    return [
        Change(
            field=field,
            before=before.get(field),
            after=now.get(field),
            events=tuple(changed_by[field]),
        )
        for field in sorted(_differing(before, now))
    ]


def _differing(before: Fields, after: Fields) -> set[str]:
    return {
        field for field in before.keys() | after.keys() if before.get(field) != after.get(field)
    }


def _fields(document: Person, view: ProfileView) -> Fields:
    """The profile's values by path; empty before the person is listed."""
    if document.get("kind") is None:
        return {}
    return dict(_flattened("", profile_of(bson_roundtrip(document), view)))


def _flattened(path: str, value: object) -> Iterator[tuple[str, object]]:
    path = SAME_LISTS.get(path, path)
    if path in EXCLUDED_FIELDS or value is None:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flattened(f"{path}.{name}" if path else str(name), inner)
    elif path in IDENTIFYING_FIELDS and isinstance(value, list):
        identifying = IDENTIFYING_FIELDS[path]
        for item in value:
            name = " ".join(str(item[field]) for field in identifying)
            left_out = {*identifying, "version", "replaced_by"}
            others = {n: inner for n, inner in item.items() if n not in left_out}
            yield from _flattened(f"{path}[{name}]", others)
    else:
        yield path, value
