"""Internal users over HTTP, on a real database."""

from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role

from ..http_calls import ADMIN, PEOPLE, caller, problem_type
from ..incoming_events import Applicant
from ..registry_harness import RegistryHarness

pytestmark = pytest.mark.servers


async def granted(
    http: httpx2.AsyncClient, person_id: UUID, version: int, subject: UUID = ADMIN, **body: str
) -> httpx2.Response:
    return await http.post(
        f"{PEOPLE}/{person_id}/internal-user-grants",
        json={"role": "operator", "reason_code": "joined_staff", **body},
        headers=caller(Role.ADMIN, subject, if_match=version),
    )


async def test_a_role_is_granted_shown_and_revoked(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    version = await registry.version(applicant.person_id)
    answer = await granted(http, applicant.person_id, version)

    assert (answer.status_code, answer.json()) == (
        201,
        {"role": "operator", "version": version + 1},
    )
    person = f"{PEOPLE}/{applicant.person_id}"
    shown = (await http.get(person, headers=caller(Role.VIEWER))).json()
    assert shown["internal_role"] == "operator"
    revoked = await http.delete(
        f"{person}/internal-user-grants",
        params={"reason_code": "left_staff"},
        headers=caller(Role.ADMIN, ADMIN, if_match=version + 1),
    )
    assert (revoked.status_code, revoked.json()) == (200, {"role": None, "version": version + 2})
    stored = (await registry.events(applicant.person_id))[-1]
    assert (stored.data["cause"], stored.data["revoked_by"]) == ("operator", str(ADMIN))


async def test_refused_grants_have_their_problem_types(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    customer, pending = Applicant(), Applicant()
    await registry.make_customer(customer)
    await registry.make_pending(pending)
    version = await registry.version(customer.person_id)
    of_pending = await registry.version(pending.person_id)

    early = await granted(http, pending.person_id, of_pending)
    own = await granted(http, customer.person_id, version, customer.person_id)
    outdated = await granted(http, customer.person_id, version - 1)
    no_role = await granted(http, customer.person_id, version, role="applicant")
    service = await granted(http, customer.person_id, version, role="service")
    without_version = await http.delete(
        f"{PEOPLE}/{customer.person_id}/internal-user-grants",
        params={"reason_code": "left_staff"},
        headers=caller(Role.ADMIN, ADMIN),
    )

    assert (early.status_code, problem_type(early)) == (409, "not-a-customer")
    assert (own.status_code, problem_type(own)) == (403, "own-record")
    assert (outdated.status_code, problem_type(outdated)) == (412, "version-changed")
    assert (no_role.status_code, service.status_code) == (422, 422)
    assert (without_version.status_code, problem_type(without_version)) == (
        428,
        "if-match-required",
    )
