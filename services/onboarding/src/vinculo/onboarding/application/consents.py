"""The applicant's consents: given, withdrawn, and the ledger of what is in force."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.onboarding.application.applicant_view import consents_given_by
from vinculo.onboarding.domain.account import (
    Channel,
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
)
from vinculo.onboarding.domain.account_decisions import GiveConsent, WithdrawConsent
from vinculo.onboarding.domain.application import ApplicationEvent
from vinculo.onboarding.domain.submission import EmailVerifiedV2
from vinculo.onboarding.forms.consent_texts import ConsentCatalogue
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.storage.accounts import require_open_account
from vinculo.onboarding.storage.streams import ApplicationCategory


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLedgerEntry:
    """The latest state of a purpose; after withdrawal with the text that was consented to."""

    purpose: ConsentPurpose
    given: bool
    text_version: str
    text_sha256: str
    channel: Channel
    given_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentService:
    store: PostgresEventStore
    applications: ApplicationCategory
    catalogue: ConsentCatalogue
    clock: Callable[[], datetime]

    async def ledger(self, person_id: UUID) -> list[ConsentLedgerEntry]:
        """Raises AccountClosed."""
        await self._require_open(person_id)
        stored = await self.store.read(self.applications.stream_id(person_id))
        return consent_ledger([self.applications.codec.decode(event) for event in stored])

    async def give(
        self,
        person_id: UUID,
        purpose: ConsentPurpose,
        *,
        text_version: str | None,
        locale: str,
        channel: Channel,
        meta: Meta,
    ) -> None:
        """Raises AccountClosed, or InvalidForm for a text that does not exist."""
        await self._require_open(person_id)
        if text_version is None:
            raise InvalidForm((FieldError("text_version", "consent_text_missing"),))
        text = self.catalogue.find(purpose, text_version, locale)
        if text is None:
            raise InvalidForm((FieldError("text_version", "consent_text_unknown"),))
        command = GiveConsent(
            purpose=purpose,
            text_version=text.version,
            text_sha256=text.sha256,
            channel=channel,
            now=self.clock(),
        )
        await execute(self.store, self.applications, person_id, command, meta=meta)

    async def withdraw(
        self, person_id: UUID, purpose: ConsentPurpose, channel: Channel, meta: Meta
    ) -> None:
        """Raises AccountClosed or ConsentIndispensable."""
        await self._require_open(person_id)
        command = WithdrawConsent(purpose=purpose, channel=channel, now=self.clock())
        await execute(self.store, self.applications, person_id, command, meta=meta)

    async def _require_open(self, person_id: UUID) -> None:
        async with self.store.engine.connect() as connection:
            await require_open_account(connection, person_id)


def consent_ledger(history: list[ApplicationEvent]) -> list[ConsentLedgerEntry]:
    lines: dict[ConsentPurpose, ConsentLedgerEntry] = {}
    for event in history:
        match event:
            case EmailVerifiedV2():
                lines = {each.purpose: _given(each) for each in consents_given_by(event)}
            case ConsentGiven():
                lines[event.purpose] = _given(event)
            case ConsentWithdrawn() if event.purpose in lines:
                line = lines[event.purpose]
                lines[event.purpose] = ConsentLedgerEntry(
                    purpose=event.purpose,
                    given=False,
                    text_version=line.text_version,
                    text_sha256=line.text_sha256,
                    channel=event.channel,
                    given_at=line.given_at,
                    withdrawn_at=event.withdrawn_at,
                )
            case _:
                pass
    return [lines[purpose] for purpose in ConsentPurpose if purpose in lines]


def _given(event: ConsentGiven) -> ConsentLedgerEntry:
    return ConsentLedgerEntry(
        purpose=event.purpose,
        given=True,
        text_version=event.text_version,
        text_sha256=event.text_sha256,
        channel=event.channel,
        given_at=event.given_at,
    )
