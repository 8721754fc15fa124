"""Events of onboarding and notifications: registration, activation, employment, consents."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from vinculo.population.event_builder import EventBuilder, fact_time
from vinculo.population.person_generator import Employment

LINK_LIFETIME: Final = timedelta(days=1)
TEXT_VERSION: Final = "2026-01"
TEXT_HASH: Final = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
MAX_DEDUCTION_DIVISOR: Final = 2
"""Half of the salary may be deducted."""


@dataclass(slots=True)
class Evidence:
    """The ids of events that establish facts for the registry, and the time of completion."""

    events: dict[str, str]
    completed_at: str = ""


def register(builder: EventBuilder) -> str:
    """Step 1 and the activation mail; the id of the link."""
    person, at = builder.person, builder.time
    started = builder.emit(
        "application",
        "application-started.v1",
        {
            "registration_id": builder.new_id(),
            "project": person.project,
            "channel": person.channel,
            "locale": person.locale,
            "country": "CO",
            "document_type": person.document_type,
            "started_at": at,
        },
        personal={
            "document_number": person.document_number,
            "given_names": person.given_names,
            "surnames": person.surnames,
            "birth_date": person.birth_date,
            "email": person.email,
            "phone": person.phone,
        },
    )
    for purpose in ("personal_data", "marketing")[: 1 + person.wants_marketing]:
        _consent(builder, purpose, at)
    link = builder.new_id()
    expires_at = fact_time(builder.now + LINK_LIFETIME)
    issued = builder.emit(
        "application",
        "activation-link-issued.v1",
        {"link_id": link, "issued_at": at, "expires_at": expires_at},
    )
    _message(builder, _message_id(started), issued)
    return link


def verify_email(builder: EventBuilder, link: str, evidence: Evidence) -> None:
    at = builder.advance(600)
    facts = {"link_id": link, "verified_at": at}
    evidence.events["email_verified"] = builder.emit("application", "email-verified.v1", facts)


def declare_employment(builder: EventBuilder, evidence: Evidence) -> None:
    employment = builder.person.employment
    facts = {
        "payer_id": employment.payer_id,
        "contract_type": employment.contract_type,
        "currency": "COP",
        "declared_at": builder.advance(240),
    }
    evidence.events["employment_declared"] = builder.emit(
        "application", "employment-declared.v1", facts, personal=_personal_part(employment)
    )


def lapse_application(builder: EventBuilder) -> None:
    builder.emit("application", "application-lapsed.v1", {"lapsed_at": builder.time})


def withdraw_marketing(builder: EventBuilder) -> None:
    facts = {
        "purpose": "marketing",
        "channel": builder.person.channel,
        "withdrawn_at": builder.advance(60 * 24 * 30),
    }
    builder.emit("application", "consent-withdrawn.v1", facts)


def _consent(builder: EventBuilder, purpose: str, at: str) -> None:
    facts = {
        "purpose": purpose,
        "text_version": TEXT_VERSION,
        "text_sha256": TEXT_HASH,
        "channel": builder.person.channel,
        "given_at": at,
    }
    builder.emit("application", "consent-given.v1", facts)


def _message_id(cause: str) -> str:
    return str(uuid5(UUID(cause), "activation"))


def _message(builder: EventBuilder, message: str, cause: str) -> None:
    common: dict[str, Any] = {"message_id": message, "template": "activation"}
    queued = {
        **common,
        "channel": "email",
        "locale": builder.person.locale,
        "cause_event_id": cause,
        "queued_at": builder.time,
    }
    builder.emit("message", "message-queued.v1", queued, stream=message)
    sent = {**common, "attempts": 1, "sent_at": builder.time}
    builder.emit("message", "message-sent.v1", sent, stream=message)


def _personal_part(employment: Employment) -> dict[str, Any]:
    deducted = sum(amount for _, amount in employment.deductions)
    capacity = max(0, employment.net_monthly_salary_cents // MAX_DEDUCTION_DIVISOR - deducted)
    return {
        "position": employment.position,
        "net_monthly_salary_cents": employment.net_monthly_salary_cents,
        "deductions": [
            {"concept": c, "amount_cents": amount} for c, amount in employment.deductions
        ],
        "payer_contact": {
            "name": employment.contact_name,
            "phone": employment.contact_phone,
            "email": None,
        },
        "indicative_capacity_cents": capacity,
    }
