"""Members of staff are added and removed, and their passwords replaced."""

from uuid import UUID

import jwt
import pytest

from vinculo.access import Role
from vinculo.onboarding.application.staff import NoSuchStaffMember, NotAStaffRole, validate_member
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.forms.validation import InvalidForm

from ..service_fixture import ServiceFixture

ADDRESS = "operator@example.com"

GOOD = "nueve faroles junto al muelle"

BETTER = "doce barcas detrás de la niebla"


async def signed_in(service: ServiceFixture, password: str) -> dict[str, str] | None:
    response = await service.post("sessions", {"email": ADDRESS, "password": password})
    session: dict[str, str] = response.json()
    return session if response.status_code == 201 else None


def sid_of(session: dict[str, str]) -> str:
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    return str(claims["sid"])


async def refreshes(service: ServiceFixture, session: dict[str, str]) -> bool:
    body = {"refresh_token": session["refresh_token"]}
    return (await service.post("sessions/refresh", body)).status_code == 200


async def added(service: ServiceFixture, email: str = ADDRESS) -> UUID:
    return await service.staff.add(
        validate_member(email, Role.OPERATOR, GOOD, PasswordRules()), service.clock()
    )


@pytest.mark.servers
async def test_a_removed_member_is_signed_out_and_cannot_sign_in(
    service: ServiceFixture,
) -> None:
    staff_id = await added(service)
    session = await signed_in(service, GOOD)
    assert session is not None

    assert await service.staff.remove(ADDRESS) == staff_id
    (ended,) = await service.dependencies.store.read(f"revocation-{staff_id}")
    assert (ended.type, ended.data) == ("session-ended.v1", {"sid": sid_of(session)})
    assert not await refreshes(service, session)
    assert await signed_in(service, GOOD) is None
    with pytest.raises(NoSuchStaffMember):
        await service.staff.remove(ADDRESS)


@pytest.mark.servers
async def test_another_password_replaces_the_first_and_ends_the_sessions(
    service: ServiceFixture,
) -> None:
    staff_id = await added(service)
    await added(service, "other@example.com")
    session = await signed_in(service, GOOD)
    others = (
        await service.post("sessions", {"email": "other@example.com", "password": GOOD})
    ).json()
    assert session is not None

    assert await service.staff.set_member_password(ADDRESS, BETTER) == staff_id
    assert not await refreshes(service, session)
    assert await signed_in(service, GOOD) is None
    assert await signed_in(service, BETTER) is not None
    assert await refreshes(service, others)
    with pytest.raises(NoSuchStaffMember):
        await service.staff.set_member_password("nobody@example.com", BETTER)


def test_the_command_adds_no_applicants() -> None:
    with pytest.raises(NotAStaffRole):
        validate_member("a@example.com", Role.APPLICANT, GOOD, PasswordRules())


def test_the_password_may_not_be_made_of_the_address() -> None:
    with pytest.raises(InvalidForm):
        validate_member(
            "operaciones@cooperativa.com", Role.VIEWER, "operaciones.cooperativa", PasswordRules()
        )
