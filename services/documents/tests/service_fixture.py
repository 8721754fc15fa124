"""The documents service and its callers, people of every role."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from fastapi import FastAPI

from vinculo.access import Role, TokenVerifier
from vinculo.access.testing import access_token
from vinculo.documents.application.screening_worker import ScreeningWorker
from vinculo.documents.domain.dossier import DossierEvent
from vinculo.documents.domain.dossier_decisions import OpenDossier
from vinculo.documents.main import Connections, build_api, build_screening_worker
from vinculo.documents.settings import Settings
from vinculo.documents.storage.claims import Claim, record_claim, record_claim_end
from vinculo.documents.storage.person_access import record_person
from vinculo.documents.storage.streams import DOSSIER_CODEC, DOSSIERS
from vinculo.events import uuid7
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.privacy import KeyRing
from vinculo.testing.storage import S3

from .dossier_history import DEFAULT_REQUIREMENTS

ISSUER = "http://documents.test"
KEY = base64.b64encode(bytes(range(32))).decode()


def settings_for(
    *, database: str, keyring: str, s3: S3, quarantine: str | None = None, **more: str
) -> Settings:
    return Settings.model_validate(
        {
            "documents_database_url": database,
            "documents_bucket": s3.bucket,
            "documents_quarantine_bucket": quarantine or f"{s3.bucket}-quarantine",
            "vinculo_keyring_url": keyring,
            "vinculo_key_encryption_key": KEY,
            "vinculo_hash_key": KEY,
            "vinculo_s3_url": s3.url,
            "vinculo_s3_access_key": s3.access_key,
            "vinculo_s3_secret_key": s3.secret_key,
            "vinculo_erasures_bucket": "",
            "vinculo_public_url": s3.url,
            **more,
        }
    )


@dataclass(frozen=True, kw_only=True)
class ServiceFixture:
    settings: Settings
    connections: Connections
    app: FastAPI
    screening_worker: ScreeningWorker
    signing_key: EllipticCurvePrivateKey = field(
        default_factory=lambda: generate_private_key(SECP256R1())
    )

    @classmethod
    def on(cls, settings: Settings, connections: Connections) -> "ServiceFixture":
        service = cls(
            settings=settings,
            connections=connections,
            app=build_api(settings, connections),
            screening_worker=build_screening_worker(settings, connections),
        )
        service.app.state.token_verifier = TokenVerifier(
            ISSUER, keys={"k": service.signing_key.public_key()}
        )
        return service

    @property
    def store(self) -> PostgresEventStore:
        return PostgresEventStore(self.connections.database)

    @property
    def keys(self) -> KeyRing:
        return KeyRing(self.connections.keyring, base64.b64decode(KEY))

    def caller(self, role: Role | None, subject: UUID | None = None) -> httpx2.AsyncClient:
        """A client of the role; without a role, an anonymous one."""
        headers = {"accept-language": "en"}
        if role is not None:
            headers["authorization"] = f"Bearer {self._token(role, subject or uuid4())}"
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url=ISSUER, headers=headers
        )

    async def person(self) -> UUID:
        """A new person with a key and an open dossier."""
        person_id = uuid7()
        await self.keys.create_key(person_id)
        await self.open_dossier(person_id)
        return person_id

    async def open_dossier(self, person_id: UUID) -> None:
        command = OpenDossier(requirement_set=DEFAULT_REQUIREMENTS, now=datetime.now(UTC))
        async with self.store.transaction() as connection:
            await execute(self.store, DOSSIERS, person_id, command, connection=connection)
            await record_person(connection, person_id)

    async def claim(self, holder: UUID | None = None, **changes: datetime) -> UUID:
        """A new open claim."""
        claim = Claim(
            claim_id=uuid7(),
            holder=holder or uuid7(),
            expires_at=changes.get("expires_at", datetime.now(UTC) + timedelta(days=90)),
        )
        async with self.store.transaction() as connection:
            await record_claim(connection, claim)
        return claim.claim_id

    async def end_claim(self, claim_id: UUID, ended_at: datetime | None = None) -> None:
        async with self.store.transaction() as connection:
            await record_claim_end(connection, claim_id, ended_at or datetime.now(UTC))

    async def events(self, person_id: UUID) -> list[DossierEvent]:
        stored = await self.store.read(DOSSIERS.stream_id(person_id))
        return [DOSSIER_CODEC.decode(event) for event in stored]

    def _token(self, role: Role, subject: UUID) -> str:
        return access_token(self.signing_key, "k", issuer=ISSUER, subject=subject, roles=[role])
