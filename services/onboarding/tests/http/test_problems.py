"""The decider's refusals as HTTP statuses, with the steps in any order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.activation_decisions import (
    ApplicationRefused,
    CorrectEmail,
    IssueActivationLink,
    LapseApplication,
    TakeOverReservation,
)
from vinculo.onboarding.domain.application import ApplicationEvent, Step
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    ApplicationCommand,
    CompleteApplication,
    EraseApplicant,
    RecordDocumentsProvided,
    StepsMissing,
)
from vinculo.onboarding.domain.submission import ActivationLink
from vinculo.onboarding.http.problems import refusals

from ..application_samples import ACTIVATE, DECLARE, FIRST, register

CONFLICT: Final = 409

LINK_GONE: Final = 410

UNAUTHORIZED: Final = 401

DAY: Final = timedelta(days=1)


class StepsInAnyOrder(RuleBasedStateMachine):
    """A few flags predict what the decider allows."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[ApplicationEvent] = []
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.registered = self.verified = self.taken = self.erased = self.lapsed = False
        self.done: set[Step] = set()
        self.links: list[ActivationLink] = []

    @property
    def here(self) -> bool:
        return self.registered and not self.taken and not self.erased

    def attempt(self, command: ApplicationCommand) -> int | StepsMissing:
        """The HTTP status of the refusal, or 200; a refusal must not leave an event."""
        before = len(self.history)
        try:
            self.history += APPLICATION.decide(command, APPLICATION.fold(self.history))
        except StepsMissing as missing:
            assert len(self.history) == before
            return missing
        except ApplicationRefused as refused:
            assert len(self.history) == before
            status, _ = _as_pair(refusals()[type(refused)])
            return status
        return 200

    def new_link(self) -> ActivationLink:
        link = ActivationLink(link_id=UUID(int=len(self.links) + 100), expires_at=self.now + DAY)
        self.links.append(link)
        return link

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: not self.registered)
    @rule()
    def register(self) -> None:
        assert self.attempt(register()) == 200
        self.registered = True
        self.links.append(register().link)

    @precondition(lambda self: self.here and not self.verified)
    @rule(corrected=st.booleans())
    def ask_for_the_link_again(self, corrected: bool) -> None:  # noqa: FBT001 - drawn
        link = self.new_link()
        again = (
            CorrectEmail(
                submission_id=FIRST, email=Contact(contact="a@b.co"), link=link, now=self.now
            )
            if corrected
            else IssueActivationLink(submission_id=FIRST, link=link, now=self.now)
        )
        assert self.attempt(again) == 200

    @precondition(lambda self: self.links)
    @rule(which=st.integers(0, 5))
    def use_a_link(self, which: int) -> None:
        link = self.links[which % len(self.links)]
        response = self.attempt(replace(ACTIVATE, link_id=link.link_id, now=self.now))
        latest = link == self.links[-1] and self.now < link.expires_at
        if not self.here:
            assert response == UNAUTHORIZED
        elif self.verified or not latest:
            assert response == LINK_GONE
        else:
            assert response == 200
            self.verified, self.lapsed = True, False

    @rule()
    def declare_employment(self) -> None:
        response = self.attempt(DECLARE)
        assert response == (UNAUTHORIZED if not self.here else 200 if self.verified else CONFLICT)
        if response == 200:
            self.done.add(Step.EMPLOYMENT)

    @rule()
    def hear_that_documents_are_there(self) -> None:
        assert self.attempt(RecordDocumentsProvided(provided_at=self.now)) == 200
        if self.here:
            self.done.add(Step.DOCUMENTS)

    @rule()
    def complete(self) -> None:
        response = self.attempt(CompleteApplication(now=self.now))
        missing = tuple(s for s in (Step.EMPLOYMENT, Step.DOCUMENTS) if s not in self.done)
        if not self.here:
            assert response == UNAUTHORIZED
        elif not self.verified:
            assert response == CONFLICT
        elif missing and Step.COMPLETION not in self.done:
            assert isinstance(response, StepsMissing)
            assert response.missing == missing
            assert refusals()[StepsMissing](response).status == CONFLICT  # type: ignore[operator]
        else:
            assert response == 200
            self.done.add(Step.COMPLETION)

    @rule()
    def hear_that_it_lapsed(self) -> None:
        assert self.attempt(LapseApplication(lapsed_at=self.now)) == 200
        self.lapsed = self.lapsed or (self.here and not self.verified)

    @precondition(lambda self: self.lapsed and self.here)
    @rule()
    def lose_the_document(self) -> None:
        assert self.attempt(TakeOverReservation(now=self.now)) == 200
        self.taken = True

    @precondition(lambda self: self.registered and len(self.history) > 12)
    @rule()
    def erase(self) -> None:
        assert self.attempt(EraseApplicant(now=self.now)) == 200
        self.erased = True

    @invariant()
    def each_step_was_done_once_at_most_but_employment(self) -> None:
        types = [type(event).__name__ for event in self.history]
        for once in ("EmailVerified", "DocumentsProvided", "ApplicationCompleted"):
            assert types.count(once) <= 1


StepsInAnyOrder.TestCase.settings = settings(max_examples=100, stateful_step_count=40)


def _as_pair(refusal: object) -> tuple[int, str]:
    assert isinstance(refusal, tuple)
    return refusal


TestStepsInAnyOrder = StepsInAnyOrder.TestCase
