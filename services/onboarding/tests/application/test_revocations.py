"""Denied subjects of external issuers: announced at once, and again before the record expires."""

from datetime import timedelta

import pytest

from vinculo.access.tokens import subject_id
from vinculo.onboarding.application.revocations import (
    REPEATED_AFTER,
    DeniedSubjects,
    SubjectNotDenied,
)

from ..service_fixture import ServiceFixture

pytestmark = pytest.mark.servers

ISSUER, SUBJECT = "https://idp.example", "4711"


@pytest.fixture
def denied(service: ServiceFixture) -> DeniedSubjects:
    return DeniedSubjects(store=service.dependencies.store, clock=service.clock)


async def announced(service: ServiceFixture) -> list[str]:
    stream = f"revocation-{subject_id(ISSUER, SUBJECT)}"
    return [event.type for event in await service.dependencies.store.read(stream)]


async def test_a_denied_subject_is_announced_again_until_it_is_allowed(
    service: ServiceFixture, denied: DeniedSubjects
) -> None:
    assert await denied.deny(ISSUER, SUBJECT) == subject_id(ISSUER, SUBJECT)
    assert await denied.repeat() == 0
    service.clock.advance(REPEATED_AFTER)
    assert (await denied.repeat(), await denied.repeat()) == (1, 0)
    service.clock.advance(REPEATED_AFTER - timedelta(seconds=1))
    assert await denied.repeat() == 0
    assert await announced(service) == ["subject-denied.v1"] * 2

    await denied.allow(ISSUER, SUBJECT)
    service.clock.advance(REPEATED_AFTER)

    assert await denied.repeat() == 0
    assert await announced(service) == ["subject-denied.v1"] * 2 + ["subject-allowed.v1"]


async def test_denying_twice_is_denying(denied: DeniedSubjects) -> None:
    assert await denied.deny(ISSUER, SUBJECT) == await denied.deny(ISSUER, SUBJECT)

    await denied.allow(ISSUER, SUBJECT)
    with pytest.raises(SubjectNotDenied):
        await denied.allow(ISSUER, SUBJECT)
