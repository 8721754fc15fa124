from datetime import UTC, datetime, timedelta

import pytest

from vinculo.contracts.customer_registry import (
    Outcome,
    RequirementResult,
    RequirementsEvaluated,
)
from vinculo.query_api.person_document.credit import snapshot_key
from vinculo.query_api.person_document.list_columns import list_columns_of
from vinculo.query_api.person_document.schema import LIST_COLUMNS, NO_ID, NO_INSTANT
from vinculo.query_api.person_document.search_tokens import (
    national_digits,
    normalize,
    search_tokens,
)

from .folded import person_of
from .told_events import (
    PAYER,
    Told,
    application,
    at,
    dossier,
    erased,
    life_of,
    loan,
    message,
    person_id,
    record,
)


async def test_a_customer_is_created_at_completion_and_modified_at_promotion() -> None:
    person = await person_of(*life_of(1))

    assert person["kind"] == "customer"
    assert person["status"] == "enabled"
    assert person["created"] == at(1 + 4)
    assert person["modified"] == at(1 + 5)
    assert person["registered_at"] == at(1)
    assert person["payer_id"] == PAYER
    assert (person["active_loans"], person["has_loans"]) == (1, 1)
    assert person["commercial_approval"] == at(1)


async def test_a_pre_customer_is_created_at_registration() -> None:
    person = await person_of(application(1).told, record(1, promoted=False).told)

    assert person["kind"] == "pre_customer"
    assert person["created"] == at(1)
    assert person["modified"] == at(2)
    assert person["customer_id"] == NO_ID


async def test_nobody_is_modified_before_being_created_whatever_the_clocks_say() -> None:
    stream = record(1, promoted=False)
    person = await person_of(application(1).told, stream.told)
    early = person["registered_at"] - timedelta(seconds=2)
    columns = list_columns_of(
        {**person, "registry": person["registry"] | {"status_changed_at": early}}
    )

    assert columns is not None
    assert columns["modified"] == columns["created"] == person["registered_at"]


async def test_failed_and_missing_requirements_block_until_promotion() -> None:
    stream = record(1, promoted=False)
    outcomes = {"a": Outcome.FAILED, "b": Outcome.MET, "c": Outcome.MISSING}
    stream.tell(
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

    waiting = await person_of(application(1).told, stream.told)
    promoted = await person_of(*life_of(1))

    assert waiting["blocked_by"] == ["a", "c"]
    assert promoted["blocked_by"] == []


async def test_what_is_not_there_sorts_as_the_sentinel() -> None:
    person = await person_of(application(1).told[:1], record(1, promoted=False).told[:1])

    assert person["commercial_approval"] == NO_INSTANT
    assert person["personal_data_acceptance"] == NO_INSTANT
    assert person["payer_id"] == NO_ID
    assert None not in [person[column] for column in LIST_COLUMNS]


@pytest.mark.parametrize(
    "streams",
    [
        [application(1).told],
        [record(1).told, dossier(1).told],
        [[loan(1)], message(1).told],
    ],
    ids=["no record", "no application", "loans only"],
)
async def test_who_is_not_known_wholly_is_in_no_list(streams: list[list[Told]]) -> None:
    person = await person_of(*streams)

    assert not set(LIST_COLUMNS) & person.keys()


async def test_an_erased_person_is_in_no_list_and_keeps_nothing_personal() -> None:
    person = await person_of(application(1).told, erased(1, record(1)).told)

    assert person["erased_at"] == at(61)
    assert "personal" not in person
    assert not set(LIST_COLUMNS) & person.keys()


async def test_what_arrives_after_the_erasure_is_not_kept() -> None:
    person = await person_of(erased(1, record(1)).told, application(1).told)

    assert person["application"]["version"] == len(application(1).told)
    assert "personal" not in person


async def test_an_older_report_of_a_loan_is_ignored() -> None:
    person = await person_of([loan(1, version=5, status="closed"), loan(1, version=4)])

    (only,) = person["loans"].values()
    assert (only["version"], only["status"]) == (5, "closed")


async def test_loans_of_two_systems_with_one_number_are_two() -> None:
    person = await person_of([loan(1), loan(1, source="/other.lender/loans")])

    assert len(person["loans"]) == 2
    assert all("." not in key and "$" not in key for key in person["loans"])


def test_loan_keys_tell_apart_what_looks_alike() -> None:
    keys = {
        snapshot_key("a", "b|c"),
        snapshot_key("a|b", "c"),
        snapshot_key("a.b", "c"),
        snapshot_key("a%2Eb", "c"),
    }

    assert len(keys) == 4


def test_a_person_is_found_by_folded_words_document_address_and_either_form_of_the_phone() -> None:
    found = search_tokens(
        given_names="María  José",
        surnames="Ñáñez-Pérez de la O'Hara",
        email=" Maria@Example.CO ",
        document_number="1.020.300-4",
        phone="+573001234567",
    )

    assert found == sorted(
        [
            *("n:maria", "n:jose", "n:nanez", "n:perez", "n:de", "n:la", "n:o", "n:hara"),
            *("e:maria@example.co", "d:10203004", "p:573001234567", "p:3001234567"),
        ]
    )


@pytest.mark.parametrize(
    ("phone", "national"),
    [
        ("+573001234567", "3001234567"),
        ("+12025550123", "2025550123"),
        ("+593991234567", "991234567"),
        ("", ""),
    ],
)
def test_the_calling_code_of_any_country_is_taken_off(phone: str, national: str) -> None:
    assert national_digits(phone) == national


def test_folding_takes_accents_case_and_double_spaces_away() -> None:
    assert normalize("  ÁRBOL   Ñandú ") == "arbol nandu"


async def test_a_document_reviewed_keeps_who_and_when() -> None:
    person = await person_of(dossier(1).told)

    file = next(iter(person["dossier"]["documents"].values()))
    assert (file["state"], file["decided_at"]) == ("accepted", at(6))
    assert person["dossier"]["state"] == "accepted"
    assert person["dossier"]["opened_at"] == datetime(2026, 3, 2, 15, 1, tzinfo=UTC)
    assert person["_id"] == person_id(1)
