"""The scenarios assigned to generated people."""

import pytest

from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people
from vinculo.simulation.scenarios import (
    Ending,
    LoanHistory,
    OperatorAction,
    RegistrationHistory,
    make_scenarios,
)

PEOPLE = make_people(300, seed=7, payers=payers())


def test_the_same_seed_gives_the_same_scenarios() -> None:
    again = make_people(300, seed=7, payers=payers())

    assert make_scenarios(again, seed=7) == make_scenarios(PEOPLE, seed=7)


def test_every_ending_loan_history_and_action_occurs() -> None:
    scenarios = make_scenarios(PEOPLE[:200], seed=7)

    assert {scenario.ending for scenario in scenarios} == set(Ending)
    assert {scenario.loans for scenario in scenarios} == set(LoanHistory)
    assert {scenario.operator_action for scenario in scenarios} == set(OperatorAction)
    assert sum(scenario.ending is Ending.ERASED for scenario in scenarios) == 2
    assert sum(scenario.becomes_customer for scenario in scenarios) > 90
    assert sum(scenario.has_second_registration for scenario in scenarios) > 5


@pytest.mark.parametrize("count", [20, 200])
def test_one_person_is_attacked_and_some_mistype_the_address_or_register_twice(count: int) -> None:
    scenarios = make_scenarios(PEOPLE[:count], seed=7)
    histories = [each.registrations for each in scenarios]

    assert set(histories) == set(RegistrationHistory)
    assert histories.count(RegistrationHistory.ATTACKED) == 1
    assert histories.count(RegistrationHistory.ONCE) > count * 0.7
    assert {each.registrations for each in scenarios if each.ending is Ending.NEVER_ACTIVATES} == {
        RegistrationHistory.ONCE
    }


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 20, 33])
def test_every_person_has_a_scenario(count: int) -> None:
    assert len(make_scenarios(PEOPLE[:count], seed=7)) == count


def test_reviewed_people_are_in_the_project_with_reviews() -> None:
    for scenario in make_scenarios(PEOPLE, seed=7):
        if scenario.ending in {
            Ending.WAITS_FOR_REVIEW,
            Ending.REJECTED,
            Ending.REPLACES_REJECTED_DOCUMENT,
        }:
            assert scenario.person.project == "default"
