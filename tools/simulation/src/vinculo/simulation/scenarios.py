"""The scenario of each generated person: the last step, loans and actions of operators."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from vinculo.simulation.people import Person


class Ending(StrEnum):
    """The point where a person stops, in the order of the steps."""

    NEVER_ACTIVATES = auto()
    STOPS_AFTER_ACTIVATION = auto()
    STOPS_AFTER_EMPLOYMENT = auto()
    STOPS_DURING_DOCUMENTS = auto()
    STOPS_BEFORE_COMPLETION = auto()
    WAITS_FOR_REVIEW = auto()
    REJECTED = auto()
    REPLACES_REJECTED_DOCUMENT = auto()
    CUSTOMER = auto()
    ERASED = auto()


class RegistrationHistory(StrEnum):
    """What is registered with the document before the person activates the account."""

    ONCE = auto()
    MISTYPED_ADDRESS = auto()
    TWICE = auto()
    ATTACKED = auto()


class LoanHistory(StrEnum):
    NONE = auto()
    ONE = auto()
    TWO = auto()
    REFINANCED = auto()
    CLOSED = auto()


class OperatorAction(StrEnum):
    """A later change of status by an operator."""

    NONE = auto()
    BLOCKED = auto()
    UNBLOCKED = auto()
    DISABLED = auto()


SHARES = {
    Ending.NEVER_ACTIVATES: 0.07,
    Ending.STOPS_AFTER_ACTIVATION: 0.06,
    Ending.STOPS_AFTER_EMPLOYMENT: 0.06,
    Ending.STOPS_DURING_DOCUMENTS: 0.05,
    Ending.STOPS_BEFORE_COMPLETION: 0.04,
    Ending.WAITS_FOR_REVIEW: 0.07,
    Ending.REJECTED: 0.05,
    Ending.REPLACES_REJECTED_DOCUMENT: 0.06,
}
BECOMES_CUSTOMER = frozenset({Ending.CUSTOMER, Ending.REPLACES_REJECTED_DOCUMENT})
LOAN_HISTORY_CYCLE = (
    *(
        LoanHistory.ONE,
        LoanHistory.NONE,
        LoanHistory.REFINANCED,
        LoanHistory.ONE,
        LoanHistory.NONE,
        LoanHistory.CLOSED,
    ),
    *(LoanHistory.TWO, LoanHistory.ONE, LoanHistory.NONE, LoanHistory.ONE),
)
OPERATOR_ACTION_CYCLE = (
    *(
        OperatorAction.NONE,
        OperatorAction.BLOCKED,
        OperatorAction.NONE,
        OperatorAction.NONE,
        OperatorAction.DISABLED,
    ),
    *(
        OperatorAction.NONE,
        OperatorAction.NONE,
        OperatorAction.UNBLOCKED,
        OperatorAction.NONE,
        OperatorAction.NONE,
    ),
)
REVIEWED = frozenset({Ending.REJECTED, Ending.REPLACES_REJECTED_DOCUMENT})
SELF_SERVICE_PROJECT = "express"
MISTYPED_ADDRESS_EVERY, REGISTERED_TWICE_EVERY = 12, 15
ATTACKED_PERSON = 4
"""Of the people who activate an account: the fourth one is attacked."""
SECOND_REGISTRATION_EVERY = 6
MIN_PEOPLE_FOR_ONE_ERASURE, MIN_PEOPLE_FOR_TWO_ERASURES = 20, 100
BLOCKED_PRE_CUSTOMER_EVERY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    person: Person
    ending: Ending
    registrations: RegistrationHistory = RegistrationHistory.ONCE
    loans: LoanHistory = LoanHistory.NONE
    operator_action: OperatorAction = OperatorAction.NONE
    has_second_registration: bool = False

    @property
    def becomes_customer(self) -> bool:
        return self.ending in BECOMES_CUSTOMER

    @property
    def is_erased(self) -> bool:
        return self.ending is Ending.ERASED

    @property
    def is_reviewed(self) -> bool:
        return self.ending in REVIEWED or (
            self.ending is Ending.CUSTOMER and self.person.project != SELF_SERVICE_PROJECT
        )

    def continues_beyond(self, ending: Ending) -> bool:
        """Whether the person takes steps after the point where `ending` stops."""
        order = list(Ending)
        return order.index(self.ending) > order.index(ending)


def make_scenarios(people: Sequence[Person], *, seed: int) -> list[Scenario]:
    """One scenario per person. Endings are assigned by their shares, the rest become customers."""
    rng = random.Random(f"plans {seed}")  # noqa: S311 - not security-relevant
    endings = _endings(len(people))
    rng.shuffle(endings)
    scenarios = [
        Scenario(person=_in_fitting_project(person, ending), ending=ending)
        for person, ending in zip(people, endings, strict=True)
    ]
    return _with_loans_and_actions(_with_registration_histories(scenarios))


def _endings(count: int) -> list[Ending]:
    endings = [
        ending for ending, share in SHARES.items() for _ in range(round(share * count + 0.2))
    ]
    endings += [Ending.ERASED] * (
        (count >= MIN_PEOPLE_FOR_ONE_ERASURE) + (count >= MIN_PEOPLE_FOR_TWO_ERASURES)
    )
    return (endings + [Ending.CUSTOMER] * max(count - len(endings), 0))[:count]


def _in_fitting_project(person: Person, ending: Ending) -> Person:
    """People whose documents are reviewed belong to a project with reviews."""
    reviewed = {Ending.WAITS_FOR_REVIEW, Ending.REJECTED, Ending.REPLACES_REJECTED_DOCUMENT}
    return replace(person, project="default") if ending in reviewed else person


def _with_registration_histories(scenarios: Sequence[Scenario]) -> list[Scenario]:
    result: list[Scenario] = []
    activated = 0
    for scenario in scenarios:
        if scenario.ending is Ending.NEVER_ACTIVATES:
            result.append(scenario)
            continue
        activated += 1
        result.append(replace(scenario, registrations=_registration_history(activated)))
    return result


def _registration_history(activated: int) -> RegistrationHistory:
    """Of the person with this number among those who activate, from 1."""
    if activated == ATTACKED_PERSON:
        return RegistrationHistory.ATTACKED
    if activated % MISTYPED_ADDRESS_EVERY == 1:
        return RegistrationHistory.MISTYPED_ADDRESS
    if activated % REGISTERED_TWICE_EVERY == 2:  # noqa: PLR2004 - the second, and every 15th after
        return RegistrationHistory.TWICE
    return RegistrationHistory.ONCE


def _with_loans_and_actions(scenarios: Sequence[Scenario]) -> list[Scenario]:
    result: list[Scenario] = []
    customers = stopped = 0
    for scenario in scenarios:
        if scenario.becomes_customer:
            loans = LOAN_HISTORY_CYCLE[customers % len(LOAN_HISTORY_CYCLE)]
            action = OPERATOR_ACTION_CYCLE[customers % len(OPERATOR_ACTION_CYCLE)]
            is_repeated = customers % SECOND_REGISTRATION_EVERY == 1
            result.append(
                replace(
                    scenario,
                    loans=loans,
                    operator_action=action,
                    has_second_registration=is_repeated,
                )
            )
            customers += 1
        elif scenario.ending is Ending.STOPS_AFTER_EMPLOYMENT:
            stopped += 1
            is_blocked = stopped % BLOCKED_PRE_CUSTOMER_EVERY == 1
            action = OperatorAction.BLOCKED if is_blocked else OperatorAction.NONE
            result.append(replace(scenario, operator_action=action))
        else:
            result.append(scenario)
    return result
