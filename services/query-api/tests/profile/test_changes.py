"""Changes between two points are the differences of the two profiles, with their events."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.query_api.profile.as_of import PersonHistory
from vinculo.query_api.profile.changes import Change, changes_between
from vinculo.query_api.profile.profile import ProfileView, profile_of

from ..event_samples import (
    PAYER,
    PROPOSED_PAYER,
    EventSample,
    InMemoryLog,
    at,
    credit_application,
    interleaved,
    lifecycle,
    lifecycle_with_changes,
    loan,
)
from ..in_memory_projector import InMemoryProjector
from .test_as_of import history_of

STREAMS = lifecycle_with_changes(0)
EVENTS = sum(len(stream) for stream in STREAMS)
VIEW = ProfileView(
    payers={
        PAYER: {"_id": PAYER, "revision": 1, "name": "Pagaduría del Valle"},
        PROPOSED_PAYER: {"_id": PROPOSED_PAYER, "revision": 1, "name": "Pag. del valle"},
    },
    with_salary=True,
    now=at(100),
    stale_after=timedelta(days=180),
)
VIEW_WITHOUT_SALARY = ProfileView(
    payers={}, with_salary=False, now=at(100), stale_after=timedelta(days=180)
)


async def history(events: list[EventSample]) -> PersonHistory:
    projector = InMemoryProjector()
    await projector.apply(InMemoryLog().append_all(events))
    return await history_of(list(projector.store.timeline.values()))


async def changes(
    events: list[EventSample], first: int, last: int, view: ProfileView = VIEW
) -> list[Change]:
    return changes_between(await history(events), first, last, view)


def by_field(found: list[Change]) -> dict[str, tuple[Any, Any]]:
    return {change.field: (change.before, change.after) for change in found}


def all_events() -> list[EventSample]:
    return [sample for stream in STREAMS for sample in stream]


async def test_a_changed_address_shows_the_old_and_the_new_one_and_the_event() -> None:
    found = {c.field: c for c in await changes(all_events(), 30, len(all_events()))}

    email = found["customer_details.personal.email"]
    assert (email.before, email.after) == ("Persona0@example.co", "Nueva0@example.co")
    assert [event["type"] for event in email.events] == ["email-corrected.v1", "contact-changed.v1"]


async def test_changes_of_income_require_the_salary_permission() -> None:
    events = all_events()
    seen = by_field(await changes(events, 30, len(events)))
    unseen = by_field(await changes(events, 30, len(events), VIEW_WITHOUT_SALARY))

    salary = "customer_details.employment.net_monthly_salary_cents"
    assert seen[salary] == (420_000_000, 300_000_000)
    assert seen["customer_details.employment.payer"] == ("Pagaduría del Valle", "Pag. del valle")
    assert not [f for f in unseen if "salary" in f or "deductions" in f or "capacity" in f]
    assert unseen["customer_details.employment.position"] == ("Docente", "Pensionada")


async def test_before_the_record_all_values_are_missing() -> None:
    events = [each for stream in lifecycle(0) for each in stream]
    found = await changes(events, 0, len(events))

    assert {change.before for change in found} == {None}
    assert by_field(found)["kind"] == (None, "customer")


async def test_an_item_with_an_id_is_compared_with_itself() -> None:
    events = [each for stream in lifecycle(0)[:4] for each in stream]
    first = [loan(0), loan(0, loan_id="L-2"), credit_application(0)]
    later = [loan(0, loan_id="L-2", version=2, status="closed")]
    found = by_field(
        await changes(
            [*events, *first, *later], len(events) + len(first), len(events) + len(first) + 1
        )
    )

    assert found["credit_overview.loans[/lender/loans L-2].status"] == ("active", "closed")
    assert found["credit_overview.active_loans"] == (2, 1)
    assert not [field for field in found if "L-1" in field]


async def test_a_value_that_was_restored_has_not_changed() -> None:
    events = [each for stream in lifecycle(0) for each in stream]
    events.append(loan(0, version=2))
    again = loan(0, version=3)
    closed = loan(0, version=4, status="closed")
    back = loan(0, version=5)
    found = by_field(await changes([*events, again, closed, back], len(events), len(events) + 3))

    assert "credit_overview.active_loans" not in found
    assert "credit_overview.loans[/lender/loans L-1].status" not in found


@settings(max_examples=25)
@given(
    merge_order=st.lists(st.integers(0, 20), min_size=EVENTS, max_size=EVENTS),
    points=st.tuples(st.integers(0, EVENTS), st.integers(0, EVENTS)).map(sorted),
)
async def test_fields_differ_when_and_only_when_the_profiles_do(
    merge_order: list[int], points: list[int]
) -> None:
    first, last = points
    whole = await history(list(interleaved(STREAMS, merge_order)))
    found = changes_between(whole, first, last, VIEW)

    for change in found:
        assert change.before != change.after
        assert change.events
        in_period = [each.entry["_id"] for each in whole.events[first:last]]
        assert {event["_id"] for event in change.events} <= set(in_period)
    assert {c.field: c.after for c in found if c.after is not None} == changed_values(
        whole, first, last
    )


def changed_values(whole: PersonHistory, first: int, last: int) -> dict[str, Any]:
    """The new values, from comparisons of both points with the empty profile."""
    before = by_field(changes_between(whole, 0, first, VIEW))
    after = by_field(changes_between(whole, 0, last, VIEW))
    return {
        field: value
        for field, (_, value) in after.items()
        if before.get(field, (None, None))[1] != value
    }


async def test_every_field_is_one_of_the_profile() -> None:
    whole = await history(all_events())
    shown = profile_of(whole.document(len(whole.events)), VIEW)

    for change in changes_between(whole, 0, len(whole.events), VIEW):
        value: Any = shown
        for name in change.field.partition("[")[0].split("."):
            value = value[name]
