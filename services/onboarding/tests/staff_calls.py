"""Calls of staff administration over HTTP, and the links that would be mailed."""

from typing import Any
from uuid import UUID

import httpx2

from vinculo.access import Role
from vinculo.eventstore import StoredEvent
from vinculo.onboarding.application.staff import NewStaffMember

from .service_fixture import PASSWORD, ServiceFixture

ADDRESS = "revisora@example.com"
NEW_PASSWORD = "doce barcas detrás de la niebla"


async def added_admin(service: ServiceFixture, email: str = "admin@example.com") -> UUID:
    member = NewStaffMember(email=email, role=Role.ADMIN, password=PASSWORD)
    return await service.staff.add(member, service.clock())


async def signed_in(
    service: ServiceFixture, email: str, password: str = PASSWORD
) -> dict[str, str]:
    """The header of a new session."""
    response = await service.post("sessions", {"email": email, "password": password})
    assert response.status_code == 201, response.text
    return {"authorization": f"Bearer {response.json()['access_token']}"}


async def invited(
    service: ServiceFixture, header: dict[str, str], email: str = ADDRESS, **changes: Any
) -> dict[str, Any]:
    body = {"email": email, "role": "reviewer", **changes}
    response = await service.post("staff", body, **header)
    assert response.status_code == 201, response.text
    member: dict[str, Any] = response.json()
    return member


async def joined(
    service: ServiceFixture, header: dict[str, str], email: str = ADDRESS
) -> dict[str, Any]:
    """A member who accepted an invitation, as listed."""
    member = await invited(service, header, email)
    response = await accept(service, await link_to(service, member["staff_id"]))
    assert response.status_code == 200, response.text
    return await listed(service, header, email)


async def accept(
    service: ServiceFixture, link: dict[str, str], password: str = PASSWORD
) -> httpx2.Response:
    return await service.post("staff-invitations/acceptance", {**link, "password": password})


async def events_of(service: ServiceFixture, staff_id: str) -> list[StoredEvent]:
    return await service.dependencies.store.read(f"staff-{staff_id}")


async def types_of(service: ServiceFixture, staff_id: str) -> list[str]:
    return [event.type for event in await events_of(service, staff_id)]


async def link_to(
    service: ServiceFixture, staff_id: str, type_: str = "staff-invited.v1"
) -> dict[str, str]:
    """The newest mailed link of the kind, as a body has it."""
    sent = [event for event in await events_of(service, staff_id) if event.type == type_]
    link_id = UUID(sent[-1].data["link_id"])
    return {"link_id": str(link_id), "token": service.token_of(link_id)}


async def listed(
    service: ServiceFixture, header: dict[str, str], email: str = ADDRESS
) -> dict[str, Any]:
    items: list[dict[str, Any]] = (await service.get("staff", **header)).json()["items"]
    (found,) = [each for each in items if each["email"] == email]
    return found


async def change(
    service: ServiceFixture,
    header: dict[str, str],
    method: str,
    path: str,
    *,
    version: int,
    body: Any = None,
) -> httpx2.Response:
    return await service.client.request(
        method,
        f"/onboarding/v1/staff/{path}",
        json=body,
        headers={**header, "if-match": f'"{version}"'},
    )
