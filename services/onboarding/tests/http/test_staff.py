"""The list of staff over HTTP, for the names behind ids."""

from datetime import UTC, datetime

import pytest

from vinculo.access import Role
from vinculo.onboarding.application.staff import NewStaffMember

from ..service_fixture import PASSWORD, ServiceFixture


@pytest.mark.servers
async def test_an_auditor_reads_who_stands_behind_an_id(service: ServiceFixture) -> None:
    accounts = service.staff
    member = NewStaffMember(email="ana@example.com", role=Role.REVIEWER, password=PASSWORD)
    staff_id = await accounts.add(member, datetime.now(UTC))

    response = await service.client.get(
        "/onboarding/v1/staff", headers=service.staff_header(Role.AUDITOR)
    )

    assert response.status_code == 200
    (listed,) = response.json()["items"]
    assert (listed["staff_id"], listed["email"]) == (str(staff_id), "ana@example.com")
    assert listed["role"] == "reviewer"
    assert "password" not in response.text
