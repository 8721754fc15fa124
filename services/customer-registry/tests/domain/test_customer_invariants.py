"""Invariants of a record under any commands in any order."""

from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerEvent,
    ErasedRecord,
    InternalRole,
    InternalUserGranted,
    InternalUserRevoked,
    PreCustomer,
    PreCustomerActivatedV2,
    PreCustomerPromoted,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordErased,
    RecordSetPending,
    RecordUnblocked,
    RequirementsEvaluated,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    CUSTOMER,
    ActivatePreCustomer,
    CustomerCommand,
    LapseActivation,
    RegisterPreCustomer,
)
from vinculo.customer_registry.domain.customer_refusals import CustomerRefused
from vinculo.customer_registry.domain.requirements import RequirementResult

from .. import record_histories
from ..record_histories import MET, MISSING, NOW, OPERATOR, PERSON, THEN

StatusEvent = (
    PreCustomerActivatedV2
    | PreCustomerPromoted
    | RecordEnabled
    | RecordSetPending
    | RecordDisabled
    | RecordBlocked
    | RecordUnblocked
)


class RecordLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.history: list[CustomerEvent] = []

    def attempt(self, command: CustomerCommand) -> None:
        state = CUSTOMER.fold(self.history)
        try:
            events = CUSTOMER.decide(command, state)
        except CustomerRefused:
            return
        for event in events:
            if isinstance(event, StatusEvent):
                assert isinstance(state, PreCustomer | Customer)
                assert event.from_status is state.status
                assert event.to_status is not state.status
            if isinstance(event, PreCustomerPromoted):
                assert isinstance(state, PreCustomer)
                assert state.status is Status.PENDING
                assert state.activated
            assert not isinstance(state, ErasedRecord)
        self.history.extend(events)

    @rule()
    def register(self) -> None:
        self.attempt(
            RegisterPreCustomer(registration_number=1, project="default", registered_at=THEN)
        )

    @rule()
    def activate(self) -> None:
        self.attempt(ActivatePreCustomer(now=NOW))

    @rule(waiting_since=st.sampled_from([THEN - timedelta(days=1), THEN, NOW]))
    def lapse(self, waiting_since: datetime) -> None:
        self.attempt(LapseActivation(waiting_since=waiting_since, now=NOW))

    @rule(result=st.sampled_from([MET, MISSING]), version=st.integers(1, 2))
    def evaluate(self, result: RequirementResult, version: int) -> None:
        self.attempt(record_histories.record_evaluation(result, policy_version=version))

    @rule(result=st.sampled_from([MET, MISSING]), completed=st.booleans())
    def promote(self, result: RequirementResult, completed: bool) -> None:  # noqa: FBT001 - drawn
        self.attempt(
            record_histories.promote(
                evaluation=record_histories.evaluation(result),
                completed_at=NOW if completed else None,
            )
        )

    @rule(
        to=st.sampled_from(Status),
        by=st.sampled_from([OPERATOR, OPERATOR, PERSON]),
        may_unblock=st.booleans(),
    )
    def change_status(self, to: Status, by: UUID, may_unblock: bool) -> None:  # noqa: FBT001 - drawn
        self.attempt(record_histories.change(to, by=by, may_unblock=may_unblock))

    @rule(role=st.sampled_from(InternalRole), by=st.sampled_from([OPERATOR, PERSON]))
    def grant(self, role: InternalRole, by: UUID) -> None:
        self.attempt(record_histories.grant(role=role, by=by))

    @rule()
    def revoke(self) -> None:
        self.attempt(record_histories.revoke())

    @rule(by=st.sampled_from([OPERATOR, PERSON]))
    def erase(self, by: UUID) -> None:
        self.attempt(record_histories.erase(by=by))

    @invariant()
    def is_promoted_at_most_once_and_never_demoted(self) -> None:
        promotions = [e for e in self.history if isinstance(e, PreCustomerPromoted)]
        assert len(promotions) <= 1
        if promotions:
            assert isinstance(CUSTOMER.fold(self.history), Customer | ErasedRecord)

    @invariant()
    def is_no_internal_user_while_blocked(self) -> None:
        state = CUSTOMER.fold(self.history)
        if isinstance(state, Customer) and state.status is Status.BLOCKED:
            assert state.internal_role is None

    @invariant()
    def grants_and_revocations_alternate(self) -> None:
        changes = [
            e for e in self.history if isinstance(e, InternalUserGranted | InternalUserRevoked)
        ]
        for before, after in pairwise([None, *changes]):
            if isinstance(after, InternalUserRevoked):
                assert isinstance(before, InternalUserGranted)
        if CUSTOMER.fold(self.history) == ErasedRecord() and changes:
            assert isinstance(changes[-1], InternalUserRevoked)

    @invariant()
    def is_pending_only_after_activation(self) -> None:
        state = CUSTOMER.fold(self.history)
        if isinstance(state, PreCustomer) and state.status is Status.PENDING:
            assert state.activated

    @invariant()
    def ends_with_its_erasure(self) -> None:
        erasures = [i for i, e in enumerate(self.history) if isinstance(e, RecordErased)]
        assert erasures in ([], [len(self.history) - 1])

    @invariant()
    def is_enabled_only_as_a_customer(self) -> None:
        state = CUSTOMER.fold(self.history)
        if isinstance(state, PreCustomer):
            assert state.status is not Status.ENABLED
        if isinstance(state, Customer):
            assert state.status is not Status.PENDING_EMAIL_VERIFICATION

    @invariant()
    def never_records_the_same_outcome_twice_in_a_row(self) -> None:
        outcomes = [
            (e.policy_version, e.all_met)
            for e in self.history
            if isinstance(e, RequirementsEvaluated)
        ]
        assert all(one != next_ for one, next_ in pairwise(outcomes))


RecordLife.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestRecordLife = RecordLife.TestCase
