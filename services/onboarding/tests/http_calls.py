"""Requests and checks over HTTP that several test modules share."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx2

from vinculo.eventstore import execute
from vinculo.onboarding.domain.application_decisions import RecordDocumentsProvided
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.streams import application_category
from vinculo.onboarding.storage.tables import accounts

from .service_fixture import PASSWORD, ServiceFixture, employment_body, registration_body

NEW_PASSWORD = "siete lámparas de barro encendidas"
WRONG_PASSWORD = "cuatro barcos en la bahía"
NUMBER = {"document_number": "1032456789"}
CREDENTIALS = {"document_number": "1032456789", "password": PASSWORD}
GIVE_CONSENT = {"given": True, "text_version": "2026-01", "channel": "web"}
CORRECT_PASSWORD = {"password": PASSWORD}
COMPLETED_MESSAGE = (
    "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión; le avisaremos cuando "
    "pueda solicitar su crédito."
)
CC_CHECK = {"country": "CO", "document_type": "CC", "document_number": "1.032.456.789"}
NIT_CHECK = {"document_type": "NIT", "document_number": "1032456789-7"}
OTHER_PASSWORD = "once faroles rojos bajo la lluvia"
ChecksWith = Callable[[str], Awaitable[ServiceFixture]]


def status_and_type(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("urn:vinculo:problem:")


async def sign_in(service: ServiceFixture, password: str) -> httpx2.Response:
    return await service.post("sessions", {**NUMBER, "password": password})


def credentials(**changes: Any) -> dict[str, Any]:
    return {"document_number": "1032456789", "password": PASSWORD, **changes}


async def put_consent(
    service: ServiceFixture, session: dict[str, str], purpose: str, body: dict[str, Any]
) -> httpx2.Response:
    return await service.put(f"me/consents/{purpose}", body, **session)


async def register_unactivated(service: ServiceFixture, **changes: Any) -> str:
    response = await service.post("registrations", registration_body(**changes))
    registration_id: str = response.json()["registration_id"]
    return registration_id


async def only_person(service: ServiceFixture) -> UUID:
    async with service.dependencies.database.connect() as connection:
        rows = await connection.execute(accounts.select())
    (row,) = rows.all()
    return UUID(str(row.person_id))


def emails_path(registration_id: object) -> str:
    return f"registrations/{registration_id}/activation-emails"


async def documents_provided(service: ServiceFixture, person_id: UUID) -> None:
    command = RecordDocumentsProvided(provided_at=service.clock())
    await execute(service.dependencies.store, application_category(), person_id, command)


async def registry_says(service: ServiceFixture, person_id: UUID, **columns: Any) -> None:
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, **columns)


async def completed(service: ServiceFixture) -> tuple[UUID, dict[str, str]]:
    person_id, session = await service.active()
    body = employment_body(await service.payer())
    assert (await service.put("me/employment", body, **session)).status_code == 200
    await documents_provided(service, person_id)
    response = await service.post("me/completion", **session)
    assert response.status_code == 200, response.text
    assert response.json() == {"message": COMPLETED_MESSAGE}
    return person_id, session


async def check_document(
    service: ServiceFixture, body: dict[str, str], **headers: str
) -> bool | None:
    response = await service.post("document-checks", body, **headers)
    assert response.status_code == 200, response.text
    registered: bool | None = response.json()["registered"]
    return registered


async def delete(service: ServiceFixture, path: str, session: dict[str, Any]) -> httpx2.Response:
    header = {"authorization": f"Bearer {session['access_token']}"}
    return await service.client.delete(f"/onboarding/v1/{path}", headers=header)


def is_session_ended(response: httpx2.Response) -> bool:
    return (
        response.status_code == 401
        and response.json()["type"] == "urn:vinculo:problem:session-ended"
    )
