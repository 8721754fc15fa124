"""What onboarding and notifications tell of a person who registers and declares an income."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from vinculo.population.inventing import Income
from vinculo.population.telling import Telling, told_time

LINK_LIFETIME: Final = timedelta(days=1)
TEXT_VERSION: Final = "2026-01"
TEXT_HASH: Final = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
DEDUCTIBLE: Final = 2
"""A half of the salary may be deducted from it."""


@dataclass(slots=True)
class Proofs:
    """The events that prove what the registry reads, by fact; and when step 5 was done."""

    events: dict[str, str]
    completed_at: str = ""


def register(telling: Telling) -> str:
    """Step 1 and the message with the link; gives the link's id."""
    person, at = telling.person, telling.moment
    started = telling.tell(
        "application",
        "application-started.v1",
        {
            "registration_id": telling.new_id(),
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
        _consent(telling, purpose, at)
    link = telling.new_id()
    expires_at = told_time(telling.now + LINK_LIFETIME)
    issued = telling.tell(
        "application",
        "activation-link-issued.v1",
        {"link_id": link, "issued_at": at, "expires_at": expires_at},
    )
    _message(telling, _message_id(started), issued)
    return link


def verify_email(telling: Telling, link: str, proofs: Proofs) -> None:
    at = telling.pass_time(600)
    facts = {"link_id": link, "verified_at": at}
    proofs.events["email_verified"] = telling.tell("application", "email-verified.v1", facts)


def declare_employment(telling: Telling, proofs: Proofs) -> None:
    income = telling.person.income
    facts = {
        "payer_id": income.payer_id,
        "contract_type": income.contract_type,
        "currency": "COP",
        "declared_at": telling.pass_time(240),
    }
    proofs.events["employment_declared"] = telling.tell(
        "application", "employment-declared.v1", facts, personal=_employment(income)
    )


def lapse(telling: Telling) -> None:
    telling.tell("application", "application-lapsed.v1", {"lapsed_at": telling.moment})


def withdraw_marketing(telling: Telling) -> None:
    facts = {
        "purpose": "marketing",
        "channel": telling.person.channel,
        "withdrawn_at": telling.pass_time(60 * 24 * 30),
    }
    telling.tell("application", "consent-withdrawn.v1", facts)


def _consent(telling: Telling, purpose: str, at: str) -> None:
    facts = {
        "purpose": purpose,
        "text_version": TEXT_VERSION,
        "text_sha256": TEXT_HASH,
        "channel": telling.person.channel,
        "given_at": at,
    }
    telling.tell("application", "consent-given.v1", facts)


def _message_id(cause: str) -> str:
    return str(uuid5(UUID(cause), "activation"))


def _message(telling: Telling, message: str, cause: str) -> None:
    named: dict[str, Any] = {"message_id": message, "template": "activation"}
    queued = {
        **named,
        "channel": "email",
        "locale": telling.person.locale,
        "cause_event_id": cause,
        "queued_at": telling.moment,
    }
    telling.tell("message", "message-queued.v1", queued, stream=message)
    sent = {**named, "attempts": 1, "sent_at": telling.moment}
    telling.tell("message", "message-sent.v1", sent, stream=message)


def _employment(income: Income) -> dict[str, Any]:
    deducted = sum(amount for _, amount in income.deductions)
    capacity = max(0, income.net_monthly_salary_cents // DEDUCTIBLE - deducted)
    return {
        "position": income.position,
        "net_monthly_salary_cents": income.net_monthly_salary_cents,
        "deductions": [{"concept": c, "amount_cents": amount} for c, amount in income.deductions],
        "payer_contact": {
            "name": income.contact_name,
            "phone": income.contact_phone,
            "email": None,
        },
        "indicative_capacity_cents": capacity,
    }
