"""The sections of loans and credit applications."""

from vinculo.query_api.person_document.credit import snapshot_key

from ..event_samples import (
    credit_application,
    loan,
)
from ..in_memory_projector import project_person


async def test_an_older_report_of_a_loan_is_ignored() -> None:
    person = await project_person([loan(1, version=5, status="closed"), loan(1, version=4)])

    (only,) = person["loans"].values()
    assert (only["version"], only["status"]) == (5, "closed")


async def test_loans_of_two_systems_with_the_same_number_are_separate() -> None:
    person = await project_person([loan(1), loan(1, source="/other.lender/loans")])

    assert len(person["loans"]) == 2
    assert all("." not in key and "$" not in key for key in person["loans"])


def test_snapshot_keys_of_similar_ids_differ() -> None:
    keys = {
        snapshot_key("a", "b|c"),
        snapshot_key("a|b", "c"),
        snapshot_key("a.b", "c"),
        snapshot_key("a%2Eb", "c"),
    }

    assert len(keys) == 4


async def test_a_credit_application_shows_its_latest_report() -> None:
    person = await project_person(
        [
            credit_application(1, version=3, stage="approval", status="approved"),
            credit_application(1, version=2, stage="study"),
        ],
        [credit_application(1, application_id="S-2"), credit_application(1, source="/other")],
    )

    reports = person["credit_applications"].values()
    assert sorted((r["source"], r["application_id"], r["stage"]) for r in reports) == [
        ("/lender/applications", "S-1", "approval"),
        ("/lender/applications", "S-2", "study"),
        ("/other", "S-1", "study"),
    ]
