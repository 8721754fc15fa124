"""A granted claim blocks the former holder of the document for good, until the erasure."""

from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.customer_registry.consumers.consumer import HolderNotRegisteredYetError
from vinculo.customer_registry.domain.customer import Cause, ReasonCode, Status

from ..http.test_registry import change_status
from ..http_calls import ADMIN, PEOPLE, caller
from ..incoming_events import Applicant
from ..registry_harness import NOW, RegistryHarness

pytestmark = pytest.mark.servers


async def test_the_holder_is_blocked_once(registry: RegistryHarness) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)
    granted = applicant.claim_granted(NOW)

    await registry.deliver(granted)
    await registry.deliver(granted)
    await registry.deliver(applicant.claim_granted(NOW))

    blocked = [
        event
        for event in await registry.events(applicant.person_id)
        if event.type == "record-blocked.v1"
    ]
    assert [event.data["cause"] for event in blocked] == [Cause.IDENTITY_DISPUTED]
    assert blocked[0].data["reason_code"] == ReasonCode.IDENTITY_DISPUTED
    assert blocked[0].data["blocked_by"] == str(UUID(int=9))
    assert (await registry.record(applicant.person_id)).record.status is Status.BLOCKED


async def test_a_claim_that_overtakes_the_application_is_tried_again(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    granted = applicant.claim_granted(NOW)
    with pytest.raises(HolderNotRegisteredYetError):
        await registry.deliver(granted)

    await registry.make_pending(applicant)
    await registry.deliver(granted)

    assert (await registry.record(applicant.person_id)).record.status is Status.BLOCKED


async def test_the_blocked_holder_loses_access_and_can_only_be_erased(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    person_id = applicant.person_id
    await registry.deliver(applicant.claim_granted(NOW))
    version = await registry.version(person_id)

    assert await registry.revocations(person_id) == [("subject-denied", version)]
    unblocked = await change_status(http, person_id, "pending", role=Role.ADMIN)
    assert unblocked.status_code == 409
    assert unblocked.json()["type"] == "urn:vinculo:problem:identity-disputed"
    erased = await http.post(
        f"{PEOPLE}/{person_id}/erasures",
        json={"reason_code": "requested"},
        headers=caller(Role.ADMIN, ADMIN, if_match=version),
    )
    assert erased.status_code == 202, erased.text


async def test_the_reason_of_granted_claims_is_reserved(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)

    refused = await http.post(
        f"{PEOPLE}/{applicant.person_id}/status-changes",
        json={"status": "blocked", "reason_code": "identity_disputed"},
        headers=caller(Role.OPERATOR, ADMIN, if_match=await registry.version(applicant.person_id)),
    )

    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:vinculo:problem:reason-reserved"
