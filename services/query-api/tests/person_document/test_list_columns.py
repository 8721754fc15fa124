"""List columns derived from the whole document."""

from datetime import timedelta

import pytest

from vinculo.contracts.customer_registry import (
    Outcome,
    RequirementResult,
    RequirementsEvaluated,
)
from vinculo.query_api.person_document.list_columns import list_columns_of
from vinculo.query_api.person_document.schema import LIST_COLUMNS, NO_ID, NO_INSTANT

from ..event_samples import (
    PAYER,
    EventSample,
    application,
    at,
    dossier,
    erased,
    lifecycle,
    loan,
    message,
    record,
)
from ..in_memory_projector import project_person


async def test_a_customer_is_created_at_completion_and_modified_at_promotion() -> None:
    person = await project_person(*lifecycle(1))

    assert person["kind"] == "customer"
    assert person["status"] == "enabled"
    assert person["created"] == at(1 + 4)
    assert person["modified"] == at(1 + 5)
    assert person["registered_at"] == at(1)
    assert person["payer_id"] == PAYER
    assert (person["active_loans"], person["has_loans"]) == (1, 1)
    assert person["commercial_approval"] == at(1)


async def test_a_pre_customer_is_created_at_registration() -> None:
    person = await project_person(application(1).events, record(1, promoted=False).events)

    assert person["kind"] == "pre_customer"
    assert person["created"] == at(1)
    assert person["modified"] == at(2)
    assert person["customer_id"] == NO_ID


async def test_no_record_is_modified_before_its_creation_when_clocks_differ() -> None:
    stream = record(1, promoted=False)
    person = await project_person(application(1).events, stream.events)
    early = person["registered_at"] - timedelta(seconds=2)
    columns = list_columns_of(
        {**person, "registry": person["registry"] | {"status_changed_at": early}}
    )

    assert columns is not None
    assert columns["modified"] == columns["created"] == person["registered_at"]


async def test_failed_and_missing_requirements_block_until_promotion() -> None:
    stream = record(1, promoted=False)
    outcomes = {"a": Outcome.FAILED, "b": Outcome.MET, "c": Outcome.MISSING}
    stream.add(
        "requirements-evaluated.v1",
        RequirementsEvaluated(
            project="default",
            policy="reviewed",
            policy_version=1,
            all_met=False,
            results=tuple(
                RequirementResult(requirement=code, outcome=outcome)
                for code, outcome in outcomes.items()
            ),
            evaluated_at=at(9),
        ),
        minutes=9,
    )

    pending = await project_person(application(1).events, stream.events)
    promoted = await project_person(*lifecycle(1))

    assert pending["blocked_by"] == ["a", "c"]
    assert promoted["blocked_by"] == []


async def test_missing_values_sort_as_placeholders() -> None:
    person = await project_person(application(1).events[:1], record(1, promoted=False).events[:1])

    assert person["commercial_approval"] == NO_INSTANT
    assert person["personal_data_acceptance"] == NO_INSTANT
    assert person["payer_id"] == NO_ID
    columns = list_columns_of(person)
    assert columns is not None
    assert columns.keys() == set(LIST_COLUMNS)
    assert None not in columns.values()


@pytest.mark.parametrize(
    "streams",
    [
        [application(1).events],
        [record(1).events, dossier(1).events],
        [[loan(1)], message(1).events],
    ],
    ids=["no record", "no application", "loans only"],
)
async def test_an_incomplete_person_is_in_no_list(streams: list[list[EventSample]]) -> None:
    person = await project_person(*streams)

    assert not set(LIST_COLUMNS) & person.keys()


async def test_an_erased_person_is_in_no_list_and_has_no_personal_data() -> None:
    person = await project_person(application(1).events, erased(1, record(1)).events)

    assert person["erased_at"] == at(61)
    assert "personal" not in person
    assert not set(LIST_COLUMNS) & person.keys()


async def test_personal_data_that_arrive_after_the_erasure_are_not_stored() -> None:
    person = await project_person(erased(1, record(1)).events, application(1).events)

    assert person["application"]["version"] == len(application(1).events)
    assert "personal" not in person
