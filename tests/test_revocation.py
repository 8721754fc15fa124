"""A revoked access token is refused in every service long before it expires.

The seconds until then are recorded as properties of the tests.
"""

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

import jwt
import pytest
from pydantic import SecretStr

from vinculo.onboarding.settings import DatabaseSettings
from vinculo.onboarding.staff_commands import remove_member
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.staff import signed_in_operator, staff_account
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

LIMIT_SECONDS = 30.0
"""Ends only a test that hangs, as a busy machine may stand still for seconds."""
POLL_SECONDS = 0.02
UNAUTHENTICATED = 401
UNKNOWN_PERSON = UUID(int=1)
STAFF_READS = {
    "onboarding": "/onboarding/v1/payers",
    "documents": "/documents/v1/review-queue",
    "customer-registry": f"/registry/v1/people/{UNKNOWN_PERSON}",
    "query-api": "/query/v1/totals",
}
OWN_READS = {
    "onboarding": "/onboarding/v1/me/application",
    "documents": "/documents/v1/me/dossier",
    "customer-registry": f"/registry/v1/people/{UNKNOWN_PERSON}",
    "query-api": "/query/v1/me",
}

Record = Callable[[str, object], None]


async def status_of(harness: SystemHarness, path: str, token: str) -> tuple[int, str]:
    try:
        answer = await harness.gateway.call("GET", path, token=token)
    except RequestRefused as refused:
        return refused.status, refused.problem_type
    return answer.status, ""


async def assert_accepted(harness: SystemHarness, reads: Mapping[str, str], token: str) -> None:
    """No service answers 401; a route may be forbidden to the role."""
    for service, path in reads.items():
        assert (await status_of(harness, path, token))[0] != UNAUTHENTICATED, service


async def assert_refused_everywhere(
    harness: SystemHarness, reads: Mapping[str, str], token: str, record: Record, since: float
) -> None:
    """Wait until each service answers 401, and record how long that took.

    `since` is before the command was sent, which is stricter than since its commit.
    """
    clock = asyncio.get_running_loop().time

    async def seconds_until_refused(path: str) -> float:
        while (found := await status_of(harness, path, token))[0] != UNAUTHENTICATED:
            assert clock() - since < LIMIT_SECONDS, f"{path} still answers {found}"
            await asyncio.sleep(POLL_SECONDS)
        assert found == (UNAUTHENTICATED, "token-invalid")
        return clock() - since

    seconds = await asyncio.gather(*map(seconds_until_refused, reads.values()))
    for service, waited in zip(reads, seconds, strict=True):
        record(service, round(waited, 3))


async def grant(
    harness: SystemHarness, person_id: UUID, role: str, token: str | None = None
) -> None:
    """Grant as the administrator, or with another token."""
    record = await harness.admin.call("GET", f"/registry/v1/people/{person_id}")
    await harness.gateway.call(
        "POST",
        f"/registry/v1/people/{person_id}/internal-user-grants",
        json={"role": role, "reason_code": "joined_staff"},
        headers={"If-Match": record.headers["ETag"], "Idempotency-Key": str(uuid4())},
        token=token or harness.admin.token,
    )


async def internal_user(harness: SystemHarness, role: str = "admin") -> ApplicantClient:
    """A customer who is signed in with the internal role too."""
    person = await harness.customer()
    await harness.admin.record(person.person_id)
    await grant(harness, person.person_id, role)

    async def has_role() -> bool:
        await person.sign_in()
        return role in roles_of(person.token)

    await eventually(has_role)
    return person


def roles_of(token: str) -> list[str]:
    claims = jwt.decode(token, options={"verify_signature": False})
    return list(claims["roles"])


async def test_a_blocked_administrator_cannot_grant_another_one(
    harness: SystemHarness, record_property: Record
) -> None:
    administrator, other = await internal_user(harness), await harness.customer()
    token = administrator.token
    await assert_accepted(harness, STAFF_READS, token)
    since = asyncio.get_running_loop().time()

    await harness.admin.block(administrator.person_id)
    await assert_refused_everywhere(harness, STAFF_READS, token, record_property, since)

    with pytest.raises(RequestRefused) as refused:
        await grant(harness, other.person_id, "admin", token)
    assert (refused.value.status, refused.value.problem_type) == (401, "token-invalid")
    with pytest.raises(RequestRefused) as signing_in:
        await administrator.sign_in()
    assert signing_in.value.status == UNAUTHENTICATED
    assert "internal_role" not in await harness.admin.record(other.person_id)


async def test_a_removed_member_of_staff_is_refused_everywhere(
    harness: SystemHarness, record_property: Record
) -> None:
    environment = harness.system.environment
    account = staff_account("admin", environment["VINCULO_HASH_KEY"], f"removed-{uuid4().hex[:8]}")
    member: OperatorClient = await signed_in_operator(harness.gateway, account, environment)
    token = member.token
    assert token is not None
    await assert_accepted(harness, STAFF_READS, token)

    settings = DatabaseSettings(
        onboarding_database_url=SecretStr(environment["ONBOARDING_DATABASE_URL"])
    )
    since = asyncio.get_running_loop().time()

    await asyncio.to_thread(remove_member, settings, account.email)
    await assert_refused_everywhere(harness, STAFF_READS, token, record_property, since)
    with pytest.raises(RequestRefused):
        await member.sign_in()


async def test_a_revoked_internal_user_keeps_the_own_application_only(
    harness: SystemHarness, record_property: Record
) -> None:
    person = await internal_user(harness)
    token, path = person.token, f"/registry/v1/people/{person.person_id}"
    current = await harness.admin.call("GET", path)
    await assert_accepted(harness, STAFF_READS, token)
    since = asyncio.get_running_loop().time()

    await harness.admin.call(
        "DELETE",
        f"{path}/internal-user-grants",
        params={"reason_code": "left_staff"},
        headers={"If-Match": current.headers["ETag"]},
    )
    await assert_refused_everywhere(harness, STAFF_READS, token, record_property, since)

    await person.sign_in()
    assert roles_of(person.token) == ["applicant"]
    await assert_accepted(harness, OWN_READS, person.token)


async def test_a_disabled_internal_user_is_suspended_until_enabled_again(
    harness: SystemHarness, record_property: Record
) -> None:
    person = await internal_user(harness, "operator")
    token = person.token
    await assert_accepted(harness, STAFF_READS, token)
    since = asyncio.get_running_loop().time()

    await harness.admin.disable(person.person_id)
    await assert_refused_everywhere(harness, STAFF_READS, token, record_property, since)
    await person.sign_in()
    assert roles_of(person.token) == ["applicant"]
    await assert_accepted(harness, OWN_READS, person.token)

    await harness.admin.change_status(person.person_id, "enabled", "reactivated")

    async def is_internal_user_again() -> bool:
        await person.sign_in()
        return "operator" in roles_of(person.token)

    await eventually(is_internal_user_again)
    await assert_accepted(harness, STAFF_READS, person.token)


async def test_a_blocked_persons_own_reads_are_refused_until_unblocked(
    harness: SystemHarness, record_property: Record
) -> None:
    applicant = await harness.completed_applicant()
    token = applicant.token
    await assert_accepted(harness, OWN_READS, token)
    since = asyncio.get_running_loop().time()

    await harness.operator.block(applicant.person_id)
    await assert_refused_everywhere(harness, OWN_READS, token, record_property, since)

    await harness.admin.unblock(applicant.person_id)

    async def may_read_again() -> bool:
        try:
            await applicant.sign_in()
            await assert_accepted(harness, OWN_READS, applicant.token)
        except (RequestRefused, AssertionError):
            return False
        return True

    await eventually(may_read_again)


async def test_a_signed_out_session_is_refused_everywhere_and_no_other(
    harness: SystemHarness, record_property: Record
) -> None:
    applicant = await harness.completed_applicant()
    ended = applicant.token
    await applicant.sign_in()
    await assert_accepted(harness, OWN_READS, ended)
    since = asyncio.get_running_loop().time()

    await harness.gateway.call("DELETE", "/onboarding/v1/sessions/current", token=ended)
    await assert_refused_everywhere(harness, OWN_READS, ended, record_property, since)

    await assert_accepted(harness, OWN_READS, applicant.token)
