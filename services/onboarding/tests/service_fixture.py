"""The service over ASGI, on its own databases, with a clock that the test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from pydantic import SecretBytes, SecretStr
from sqlalchemy import Table, func, select

from vinculo.access import RevocationList, RevocationReader, Role
from vinculo.eventstore import PostgresEventStore, StoredEvent, create_engine, execute
from vinculo.eventstore.migrations import migrate
from vinculo.onboarding.api import api_app
from vinculo.onboarding.application.access_tokens import AccessTokens, read_signing_key
from vinculo.onboarding.application.password_hasher import HashingCost, PasswordHasher
from vinculo.onboarding.application.staff import StaffAccounts
from vinculo.onboarding.dependencies import Dependencies
from vinculo.onboarding.domain.activation_decisions import LapseApplication
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.streams import application_category
from vinculo.onboarding.storage.tables import submissions
from vinculo.privacy import (
    KeyRing,
    LedgerCheck,
    confirmation_code,
    erasure_ledger,
    link_token,
)

PASSWORD = "tres cometas verdes sobre el páramo"
CHEAP_HASHING = HashingCost(memory_kib=8, time_cost=1)
LONGEST_WAIT_SECONDS = 60.0
"""No request is refused because the machine was slow."""
KEY = SecretBytes(bytes(range(32)))
SIGNING_KEY = generate_private_key(SECP256R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
ISSUER = "http://127.0.0.1:8080"
CREDIT_URL = "https://credit.example.com/apply"


async def migrate_onboarding(url: str) -> None:
    await migrate(url, "vinculo.onboarding")


async def migrate_keyring(url: str) -> None:
    await migrate(url, "vinculo.privacy")


def registration_body(**changes: Any) -> dict[str, Any]:
    return {
        "channel": "web",
        "locale": "es",
        "document_type": "CC",
        "document_number": "1.032.456.789",
        "given_names": "Ana María",
        "surnames": "Gómez Ruiz",
        "birth_date": "1990-05-17",
        "email": "ana@example.com",
        "phone": "300 123 4567",
        "password": PASSWORD,
        "consents": [{"purpose": "personal_data", "text_version": "2026-01"}],
        **changes,
    }


def employment_body(payer: UUID, **changes: Any) -> dict[str, Any]:
    return {
        "payer_id": str(payer),
        "position": "Auxiliar contable",
        "contract_type": "indefinite",
        "net_monthly_salary_cents": 250_000_000,
        "deductions": [{"concept": "Libranza", "amount_cents": 30_000_000}],
        "payer_contact": {"name": "Talento humano", "phone": "601 765 4321"},
        **changes,
    }


class ManualClock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, duration: timedelta) -> None:
        self.now += duration


@dataclass(frozen=True, slots=True)
class Link:
    link_id: UUID
    token: str
    person_id: UUID

    def body(self, password: str = PASSWORD) -> dict[str, str]:
        return {"link_id": str(self.link_id), "token": self.token, "password": password}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFixture:
    settings: Settings
    dependencies: Dependencies
    app: FastAPI
    client: httpx2.AsyncClient
    clock: ManualClock

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await self.client.post(f"/onboarding/v1/{path}", json=body, headers=_names(headers))

    async def put(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        return await self.client.put(f"/onboarding/v1/{path}", json=body, headers=_names(headers))

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(f"/onboarding/v1/{path}", headers=_names(headers))

    async def registered(self, **changes: Any) -> Link:
        """Register; the result is the link that would be e-mailed."""
        response = await self.post("registrations", registration_body(**changes))
        assert response.status_code == 202, response.text
        return await self.link_of(response.json()["registration_id"])

    async def active(self, **changes: Any) -> tuple[UUID, dict[str, str]]:
        """Register and activate; the result is the person and the header of the session."""
        link = await self.registered(**changes)
        password = changes.get("password", PASSWORD)
        response = await self.post("activations", link.body(password))
        assert response.status_code == 200, response.text
        return link.person_id, {"authorization": f"Bearer {response.json()['access_token']}"}

    def staff_header(self, role: Role, subject: UUID | None = None) -> dict[str, str]:
        key = read_signing_key(self.settings.onboarding_signing_key.get_secret_value())
        token = AccessTokens(key, ISSUER).issue(
            subject or UUID(int=7),
            {role},
            datetime.now(UTC),
            session_id=uuid4(),
            registry_version=0,
        )
        return {"authorization": f"Bearer {token}"}

    @property
    def revocations(self) -> RevocationList:
        """The list of the API under test, which no topic feeds."""
        reader: RevocationReader = self.app.state.revocations
        return reader.revocations

    @property
    def staff(self) -> StaffAccounts:
        return StaffAccounts(store=self.dependencies.store, hasher=self.dependencies.hasher)

    async def payer(self, name: str = "Alcaldía de Tunja", tax_id: str = "891800846-1") -> UUID:
        header = self.staff_header(Role.OPERATOR)
        response = await self.post("payers", {"name": name, "tax_id": tax_id}, **header)
        assert response.status_code == 201, response.text
        return UUID(response.json()["payer_id"])

    async def events(self, person_id: UUID) -> list[StoredEvent]:
        return await self.dependencies.store.read(f"application-{person_id}")

    async def types(self, person_id: UUID) -> list[str]:
        return [event.type for event in await self.events(person_id)]

    async def latest_link(self, person_id: UUID) -> Link:
        issued = [e for e in await self.events(person_id) if e.type == "activation-link-issued.v1"]
        link_id = UUID(issued[-1].data["link_id"])
        key = self.settings.vinculo_link_key.get_secret_value()
        return Link(link_id, link_token(key, link_id), person_id)

    async def latest_id(self, person_id: UUID, type_: str, field: str) -> UUID:
        """The id of the latest link or code that was sent."""
        sent = [event for event in await self.events(person_id) if event.type == type_]
        return UUID(sent[-1].data[field])

    def token_of(self, link_id: UUID) -> str:
        return link_token(self.settings.vinculo_link_key.get_secret_value(), link_id)

    def digits_of(self, code_id: UUID) -> str:
        return confirmation_code(self.settings.vinculo_link_key.get_secret_value(), code_id)

    async def rows(self, table: Table) -> int:
        async with self.dependencies.database.connect() as connection:
            return int(await connection.scalar(select(func.count()).select_from(table)) or 0)

    async def link_of(self, registration_id: str) -> Link:
        """The newest link of a submission."""
        async with self.dependencies.database.connect() as connection:
            person_id = await connection.scalar(
                select(submissions.c.person_id).where(
                    submissions.c.submission_id == UUID(registration_id)
                )
            )
        assert person_id is not None, f"there is no submission {registration_id}"
        issued = [
            event
            for event in await self.events(person_id)
            if event.type == "activation-link-issued.v1"
            and event.data["submission_id"] == registration_id
        ]
        link_id = UUID(issued[-1].data["link_id"])
        return Link(link_id, self.token_of(link_id), person_id)


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def service_settings(database_url: str, keyring_url: str, **changes: Any) -> Settings:
    chosen = {"onboarding_response_floor_seconds": 0, **changes}
    return Settings(
        onboarding_database_url=SecretStr(database_url),
        onboarding_signing_key=SecretStr(SIGNING_KEY.decode()),
        vinculo_keyring_url=SecretStr(keyring_url),
        vinculo_key_encryption_key=KEY,
        vinculo_link_key=KEY,
        vinculo_hash_key=KEY,
        vinculo_s3_access_key=SecretStr("unused"),
        vinculo_s3_secret_key=SecretStr("unused"),
        vinculo_erasures_bucket="",
        vinculo_public_url=ISSUER,
        onboarding_credit_url=CREDIT_URL,
        **chosen,
    )


@asynccontextmanager
async def running_service(chosen: Settings) -> AsyncIterator[ServiceFixture]:
    clock = ManualClock()
    keyring_database = create_engine(chosen.vinculo_keyring_url.get_secret_value(), pool_size=4)
    dependencies = Dependencies(
        store=PostgresEventStore(
            create_engine(chosen.onboarding_database_url.get_secret_value(), pool_size=8)
        ),
        keyring_database=keyring_database,
        ledger_check=LedgerCheck(keyring_database, erasure_ledger(chosen)),
        keyring=KeyRing(keyring_database, chosen.vinculo_key_encryption_key.get_secret_value()),
        hasher=PasswordHasher(CHEAP_HASHING, max_wait_seconds=LONGEST_WAIT_SECONDS),
        clock=clock,
    )
    app = api_app(chosen, dependencies)
    transport = httpx2.ASGITransport(app=app)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://onboarding") as client:
            yield ServiceFixture(
                settings=chosen, dependencies=dependencies, app=app, client=client, clock=clock
            )
    finally:
        await dependencies.close()


async def lapse(service: ServiceFixture, person_id: UUID) -> None:
    """Apply the registry's event that the activation lapsed, as the consumer does."""
    async with service.dependencies.store.transaction() as connection:
        await execute(
            service.dependencies.store,
            application_category(),
            person_id,
            LapseApplication(lapsed_at=service.clock()),
            connection=connection,
        )
        await update_account(connection, person_id, status="disabled")
