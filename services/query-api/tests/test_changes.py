"""What changed between two points is what the two profiles differ in, each with its events."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vinculo.query_api.profile.as_of import PersonHistory
from vinculo.query_api.profile.changes import Change, changes_between
from vinculo.query_api.profile.profile import ProfileView, profile_of

from .folded import Bench
from .test_history import history_of
from .told_events import (
    PAYER,
    TYPED_IN,
    Log,
    Told,
    at,
    changed_life_of,
    credit_application,
    interleaved,
    life_of,
    loan,
)

STREAMS = changed_life_of(0)
EVENTS = sum(len(stream) for stream in STREAMS)
VIEW = ProfileView(
    payers={PAYER: {"name": "Pagaduría del Valle"}, TYPED_IN: {"name": "Pag. del valle"}},
    with_salary=True,
    now=at(100),
    stale_after=timedelta(days=180),
)
BLIND = ProfileView(payers={}, with_salary=False, now=at(100), stale_after=timedelta(days=180))


async def history(told: list[Told]) -> PersonHistory:
    bench = Bench()
    await bench.apply(Log().append_all(told))
    return await history_of(list(bench.store.timeline.values()))


async def changes(
    told: list[Told], first: int, last: int, view: ProfileView = VIEW
) -> list[Change]:
    return changes_between(await history(told), first, last, view)


def by_field(found: list[Change]) -> dict[str, tuple[Any, Any]]:
    return {change.field: (change.before, change.after) for change in found}


def everything() -> list[Told]:
    return [told for stream in STREAMS for told in stream]


async def test_a_changed_address_shows_the_old_and_the_new_one_and_the_event() -> None:
    found = {c.field: c for c in await changes(everything(), 30, len(everything()))}

    email = found["customer_details.personal.email"]
    assert (email.before, email.after) == ("Persona0@example.co", "Nueva0@example.co")
    assert [event["type"] for event in email.events] == ["email-corrected.v1", "contact-changed.v1"]


async def test_income_is_told_to_those_alone_who_may_see_it() -> None:
    told = everything()
    seen = by_field(await changes(told, 30, len(told)))
    unseen = by_field(await changes(told, 30, len(told), BLIND))

    salary = "customer_details.employment.net_monthly_salary_cents"
    assert seen[salary] == (420_000_000, 300_000_000)
    assert seen["customer_details.employment.payer"] == ("Pagaduría del Valle", "Pag. del valle")
    assert not [f for f in unseen if "salary" in f or "deductions" in f or "capacity" in f]
    assert unseen["customer_details.employment.position"] == ("Docente", "Pensionada")


async def test_before_the_record_there_was_nothing() -> None:
    told = [each for stream in life_of(0) for each in stream]
    found = await changes(told, 0, len(told))

    assert {change.before for change in found} == {None}
    assert by_field(found)["kind"] == (None, "customer")


async def test_a_thing_with_a_name_is_compared_with_itself() -> None:
    told = [each for stream in life_of(0)[:4] for each in stream]
    first = [loan(0), loan(0, loan_id="L-2"), credit_application(0)]
    later = [loan(0, loan_id="L-2", version=2, status="closed")]
    found = by_field(
        await changes([*told, *first, *later], len(told) + len(first), len(told) + len(first) + 1)
    )

    assert found["credit_overview.loans[/lender/loans L-2].status"] == ("active", "closed")
    assert found["credit_overview.active_loans"] == (2, 1)
    assert not [field for field in found if "L-1" in field]


async def test_what_came_back_to_its_value_has_not_changed() -> None:
    told = [each for stream in life_of(0) for each in stream]
    again = loan(0, version=3)
    closed = loan(0, version=4, status="closed")
    back = loan(0, version=5)
    found = by_field(await changes([*told, again, closed, back], len(told), len(told) + 3))

    assert "credit_overview.active_loans" not in found
    assert "credit_overview.loans[/lender/loans L-1].status" not in found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    turns=st.lists(st.integers(0, 20), min_size=EVENTS, max_size=EVENTS),
    points=st.tuples(st.integers(0, EVENTS), st.integers(0, EVENTS)).map(sorted),
)
async def test_fields_differ_when_and_only_when_the_profiles_do(
    turns: list[int], points: list[int]
) -> None:
    first, last = points
    whole = await history(list(interleaved(STREAMS, turns)))
    found = changes_between(whole, first, last, VIEW)

    for change in found:
        assert change.before != change.after
        assert change.events
        places = [each.entry["_id"] for each in whole.told[first:last]]
        assert {event["_id"] for event in change.events} <= set(places)
    assert {c.field: c.after for c in found if c.after is not None} == differing(whole, first, last)


def differing(whole: PersonHistory, first: int, last: int) -> dict[str, Any]:
    """The values that are new, by way of a comparison with nothing."""
    before = by_field(changes_between(whole, 0, first, VIEW))
    after = by_field(changes_between(whole, 0, last, VIEW))
    return {
        field: value
        for field, (_, value) in after.items()
        if before.get(field, (None, None))[1] != value
    }


async def test_every_field_is_one_of_the_profile() -> None:
    whole = await history(everything())
    shown = profile_of(whole.document(len(whole.told)), VIEW)

    for change in changes_between(whole, 0, len(whole.told), VIEW):
        place: Any = shown
        for name in change.field.partition("[")[0].split("."):
            place = place[name]
