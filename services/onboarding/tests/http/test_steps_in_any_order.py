"""Steps in any order over HTTP: those too early are refused and append nothing."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar
from uuid import UUID

import httpx2
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from vinculo.access import Role
from vinculo.eventstore import StoredEvent, execute
from vinculo.onboarding.domain.application_decisions import RecordDocumentsProvided
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.streams import application_category

from ..service_fixture import PASSWORD, Link, ServiceFixture, employment_body, registration_body

pytestmark = pytest.mark.servers

Result = TypeVar("Result")

OK, CREATED, ACCEPTED, DONE = 200, 201, 202, 204

UNAUTHORIZED, UNKNOWN, CONFLICT, GONE, NOT_SO, TOO_SOON = 401, 404, 409, 410, 422, 429

AT_MOST_ONCE: Final = (
    "email-verified.v2",
    "phone-verified.v1",
    "documents-provided.v1",
    "application-completed.v1",
)


class StepsInAnyOrder(RuleBasedStateMachine):
    """One person of a service that runs in another thread's loop, and what is expected.

    The person always has a token, as if one had been given out too early.
    """

    numbers = count(1_032_000_000)

    service: ServiceFixture
    payer_id: UUID
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.verified = self.blocked = self.phone_verified = False
        self.done: set[str] = set()
        self.links: list[Link] = []
        self.valid: dict[str, tuple[Link, datetime]] = {}
        self.spent: set[Link] = set()
        self.code: str | None = None

    @initialize()
    def register(self) -> None:
        self.body = registration_body(document_number=str(next(self.numbers)))
        link = self.wait(self.service.registered(**self.body))
        self.person_id = link.person_id
        self.session = self.service.staff_header(Role.APPLICANT, self.person_id)
        self.first = str(self.events[0].data["registration_id"])
        self.add_link(self.first)

    def add_link(self, submission_id: str) -> None:
        """Of each submission the newest link is valid, for a day."""
        link = self.wait(self.service.link_of(submission_id))
        self.links.append(link)
        self.valid[submission_id] = link, self.service.clock.now + timedelta(hours=24)

    def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    @property
    def events(self) -> list[StoredEvent]:
        return self.wait(self.service.events(self.person_id))

    @property
    def active(self) -> bool:
        return self.verified and not self.blocked

    def ask(
        self, method: str, path: str, body: Any, *expected: int, signed_in: bool = True
    ) -> httpx2.Response:
        """Check the status of the response; a refusal must leave no event."""
        before = self.events
        headers = self.session if signed_in else {}
        response = self.wait(
            self.service.client.request(
                method, f"/onboarding/v1/{path}", json=body, headers=headers
            )
        )
        assert response.status_code in expected, (method, path, response.text)
        if response.is_error:
            assert self.events == before
        return response

    @rule(minutes=st.sampled_from([1, 5, 60, 9 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.service.clock.advance(timedelta(minutes=minutes))

    @rule()
    def ask_for_the_link_again(self) -> None:
        """The response is the same whether or not a link is sent."""
        path = f"registrations/{self.first}/activation-emails"
        body = {"password": PASSWORD}
        response = self.ask("POST", path, body, ACCEPTED, TOO_SOON, signed_in=False)
        if response.status_code == ACCEPTED and not self.verified and not self.blocked:
            self.add_link(self.first)

    @rule(which=st.integers(0, 3))
    def use_a_link(self, which: int) -> None:
        link = self.links[which % len(self.links)]
        now = self.service.clock.now
        good = any(link == each and now < expires_at for each, expires_at in self.valid.values())
        expected = UNKNOWN if self.blocked else OK if good and not self.verified else GONE
        response = self.ask("POST", "activations", link.body(), expected, signed_in=False)
        self.verified = self.verified or response.status_code == OK

    @rule()
    def use_a_link_that_is_none(self) -> None:
        body = {**self.links[-1].body(), "token": self.links[-1].token[::-1]}
        self.ask("POST", "activations", body, UNKNOWN, signed_in=False)

    @rule()
    def declare_employment(self) -> None:
        expected = OK if self.active else UNAUTHORIZED
        response = self.ask("PUT", "me/employment", employment_body(self.payer_id), expected)
        if response.status_code == OK:
            self.done.add("employment")

    @rule()
    def complete(self) -> None:
        missing = [step for step in ("employment", "documents") if step not in self.done]
        possible = "completion" in self.done or not missing
        expected = UNAUTHORIZED if not self.active else OK if possible else CONFLICT
        response = self.ask("POST", "me/completion", None, expected)
        if response.status_code == CONFLICT:
            assert response.json()["type"] == "urn:vinculo:problem:steps-missing"
            assert response.json()["missing"] == missing
        elif response.status_code == OK:
            self.done.add("completion")

    @rule()
    def ask_for_a_code(self) -> None:
        possible = {CONFLICT} if self.phone_verified else {ACCEPTED, TOO_SOON}
        response = self.ask(
            "POST", "me/phone-codes", None, *(possible if self.active else {UNAUTHORIZED})
        )
        if response.status_code == ACCEPTED:
            sent = self.service.latest_id(self.person_id, "phone-code-issued.v1", "code_id")
            self.code = self.service.digits_of(self.wait(sent))

    @rule(right=st.booleans())
    def give_a_code(self, right: bool) -> None:  # noqa: FBT001 - drawn
        code = self.code if right and self.code else "0000000"
        possible = {DONE, GONE, CONFLICT} if right and self.code else {NOT_SO, GONE}
        response = self.ask(
            "POST",
            "me/phone-codes/confirmation",
            {"code": code},
            *(possible if self.active else {UNAUTHORIZED}),
        )
        assert not (self.phone_verified and response.status_code == DONE)
        self.phone_verified = self.phone_verified or response.status_code == DONE

    @rule()
    def withdraw_the_consent_without_which_there_is_no_account(self) -> None:
        body = {"given": False, "channel": "web"}
        expected = CONFLICT if self.active else UNAUTHORIZED
        self.ask("PUT", "me/consents/personal_data", body, expected)

    @rule()
    def correct_the_name(self) -> None:
        body = {"password": PASSWORD, "given_names": f"Ana {'a' * len(self.links)}"}
        expected = (OK,) if self.active else (UNAUTHORIZED, 403)
        self.ask("PUT", "me/personal-details", body, *expected)

    @rule()
    def decide_on_an_unknown_correction(self) -> None:
        path = f"identity-corrections/{self.person_id}/approval"
        before = self.events
        operator = self.service.staff_header(Role.OPERATOR)
        response = self.wait(self.service.post(path, None, **operator))
        assert response.status_code == UNKNOWN
        assert self.events == before

    @rule()
    def register_once_more(self) -> None:
        """The response reveals nothing, and only messages to the owner result."""
        before = self.events
        response = self.ask("POST", "registrations", self.body, ACCEPTED, signed_in=False)
        assert response.status_code == ACCEPTED
        appended = {event.type for event in self.events[len(before) :]}
        assert appended <= {
            "submission-received.v1",
            "activation-link-issued.v1",
            "registration-repeated.v1",
        }
        if "activation-link-issued.v1" in appended:
            self.add_link(response.json()["registration_id"])

    @precondition(lambda self: self.verified)
    @rule()
    def hear_that_documents_are_there(self) -> None:
        self.wait(self._hear_of_documents())
        self.done.add("documents")

    async def _hear_of_documents(self) -> None:
        command = RecordDocumentsProvided(provided_at=self.service.clock())
        store = self.service.dependencies.store
        await execute(store, application_category(), self.person_id, command)

    @precondition(lambda self: self.verified)
    @rule()
    def hear_of_a_block_or_its_end(self) -> None:
        self.blocked = not self.blocked
        self.wait(self._hear_of_status("blocked" if self.blocked else "pending"))

    async def _hear_of_status(self, status: str) -> None:
        async with self.service.dependencies.store.transaction() as connection:
            await update_account(connection, self.person_id, status=status)

    @invariant()
    def each_of_these_happens_once_at_most(self) -> None:
        types = [event.type for event in self.events] if self.links else []
        assert [each for each in AT_MOST_ONCE if types.count(each) > 1] == []


async def test_steps_in_any_order_are_done_or_refused(service: ServiceFixture) -> None:
    payer = await service.payer()
    running_here = asyncio.get_running_loop()

    class Steps(StepsInAnyOrder):
        payer_id, loop = payer, running_here

    Steps.service = service
    # Shrinking a failure would exceed the time limit of a test.
    chosen = settings(max_examples=10, stateful_step_count=20, phases=[Phase.generate])
    await asyncio.to_thread(run_state_machine_as_test, Steps, settings=chosen)
