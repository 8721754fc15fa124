"""What is otherwise in a profile at one point of a person's history than at another, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.timeline import apply_event, bson_roundtrip, empty_person
from vinculo.query_api.profile.as_of import Entry, PersonHistory
from vinculo.query_api.profile.profile import ProfileView, profile_of

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "credit_overview.loans": ("source", "loan_id"),
    "credit_overview.applications": ("source", "application_id"),
    "customer_details.documents.files": ("document_id",),
    "customer_details.documents.requirements": ("code",),
    "customer_details.requirements.results": ("requirement",),
}
"""Lists of things that have a name: each is compared with itself. Any other list is one value."""

LEFT_OUT: Final = frozenset(
    {
        "person_id",
        "version",
        "credit_overview.finished_loans",
        "refinanced_loans",
        "customer_details.consent_ledger",
        "customer_details.employment.age_days",
        "customer_details.employment.is_stale",
        "customer_details.employment.payer_state",
        "customer_details.employment.payer_reason_code",
        "customer_details.status.status",
    }
)
"""What is said elsewhere in the profile, grows with every event, or is only so today."""

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """None stands for no value. `events` are those that touched the field in between."""

    field: str
    before: Any
    after: Any
    events: tuple[Entry, ...]


def changes_between(
    history: PersonHistory, first: int, last: int, view: ProfileView
) -> list[Change]:
    """By field; of a field that came back to its value, nothing is told."""
    document = empty_person(history.person_id)
    for each in history.told[:first]:
        apply_event(document, each.received, each.opened)
    before = now = _fields(document, view)
    touched: dict[str, list[Entry]] = {}
    for each in history.told[first:last]:
        apply_event(document, each.received, each.opened)
        then, now = now, _fields(document, view)
        for field in _differing(then, now):
            touched.setdefault(field, []).append(each.entry)
    return [
        Change(
            field=field,
            before=before.get(field),
            after=now.get(field),
            events=tuple(touched[field]),
        )
        for field in sorted(_differing(before, now))
    ]


def _differing(before: Fields, after: Fields) -> set[str]:
    return {
        field for field in before.keys() | after.keys() if before.get(field) != after.get(field)
    }


def _fields(document: Document, view: ProfileView) -> Fields:
    """Everything of the profile by its place; nothing before the person is listed."""
    if document.get("kind") is None:
        return {}
    return dict(_placed("", profile_of(bson_roundtrip(document), view)))


def _placed(place: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any of a profile
    if place in LEFT_OUT or value is None:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _placed(f"{place}.{name}" if place else str(name), inner)
    elif place in KEYS:
        for each in value:
            name = " ".join(str(each[key]) for key in KEYS[place])
            facts = {n: inner for n, inner in each.items() if n not in {*KEYS[place], "version"}}
            yield from _placed(f"{place}[{name}]", facts)
    else:
        yield place, value
