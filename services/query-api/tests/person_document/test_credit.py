"""The sections of loans, applications for credit and limits."""

from itertools import permutations

from vinculo.query_api.person_document.credit import is_active, item_key

from ..event_samples import (
    credit_application,
    credit_limit,
    loan,
    loan_moved_away,
)
from ..in_memory_projector import project_person


async def test_a_loan_shows_its_latest_report_and_the_version_of_its_stream() -> None:
    person = await project_person([loan(1), loan(1, version=2, status="closed"), loan(1)])

    (only,) = person["loans"].values()
    assert (only["version"], only["status"], only["active"]) == (2, "closed", False)
    (stream,) = person["credit_streams"].values()
    assert (stream["version"], stream["event_id"]) == (
        2,
        loan(1, version=2, status="closed").event_id,
    )


async def test_an_unknown_status_is_active() -> None:
    person = await project_person([loan(1, status="restructured")])

    (only,) = person["loans"].values()
    assert is_active(only)


async def test_a_loan_that_moved_away_is_gone_until_it_is_back() -> None:
    stream = [loan(1), loan_moved_away(1, version=2), loan(1, version=3)]

    assert (await project_person(stream[:2]))["loans"] == {}
    assert len((await project_person(stream))["loans"]) == 1


async def test_loans_of_two_systems_with_the_same_number_are_separate() -> None:
    person = await project_person([loan(1), loan(1, source="/other.lender/loans")])

    assert len(person["loans"]) == len(person["credit_streams"]) == 2
    assert all("." not in key and "$" not in key for key in person["loans"])


def test_item_keys_of_similar_ids_differ() -> None:
    keys = {
        item_key("a", "b|c"),
        item_key("a|b", "c"),
        item_key("a.b", "c"),
        item_key("a%2Eb", "c"),
    }

    assert len(keys) == 4


async def test_a_credit_application_shows_its_newest_version_and_every_stage() -> None:
    """Whatever the order in which the versions were recorded."""
    shown = []
    for order in permutations(((1, "filing"), (2, "study"), (3, "approval"))):
        person = await project_person(
            [
                credit_application(1, version=n, application_version=reported, stage=stage)
                for n, (reported, stage) in enumerate(order, start=1)
            ]
        )
        (only,) = person["credit_applications"].values()
        shown.append(only)

    assert all(each == shown[0] for each in shown)
    assert (shown[0]["version"], shown[0]["stage"]) == (3, "approval")
    assert [(each["stage"], each["version"]) for each in shown[0]["stages"]] == [
        ("filing", 1),
        ("study", 2),
        ("approval", 3),
    ]
    assert shown[0]["stages"][1]["since"] < shown[0]["stages"][2]["since"]


async def test_applications_of_two_systems_with_the_same_number_are_separate() -> None:
    person = await project_person(
        [credit_application(1)],
        [credit_application(1, application_id="S-2"), credit_application(1, source="/other")],
    )

    reports = person["credit_applications"].values()
    assert sorted((r["source"], r["application_id"]) for r in reports) == [
        ("/lender/applications", "S-1"),
        ("/lender/applications", "S-2"),
        ("/other", "S-1"),
    ]


async def test_a_limit_replaces_the_one_before() -> None:
    person = await project_person([credit_limit(1), credit_limit(1, version=2, limit_cents=0)])

    (only,) = person["credit_limits"].values()
    assert (only["version"], only["limit_cents"], only["valid_until"]) == (2, 0, "2027-12-31")
