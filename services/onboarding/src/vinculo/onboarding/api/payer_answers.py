"""What is told of a payer."""

from uuid import UUID

from pydantic import BaseModel

from vinculo.onboarding.domain.payer import Declined, Listed, PayerDetails, Proposed
from vinculo.onboarding.domain.payer_decisions import NoSuchPayer
from vinculo.onboarding.income.payers import KnownPayer
from vinculo.onboarding.storage.payers import PayerStatus, payer_status


class PayerFound(BaseModel):
    payer_id: UUID
    name: str
    tax_id: str | None = None
    status: PayerStatus
    same_as: UUID | None = None


class PayersFound(BaseModel):
    items: list[PayerFound]


class PayerRegistered(BaseModel):
    payer_id: UUID


class ContactAnswer(BaseModel):
    name: str
    phone: str | None = None
    email: str | None = None


class PayerAnswer(PayerFound):
    """Agreement and contact are told to operations alone."""

    agreement: str | None = None
    contact: ContactAnswer | None = None


class PayerChanged(BaseModel):
    payer_id: UUID
    status: PayerStatus
    version: int


def payer_answer(known: KnownPayer, *, whole: bool) -> PayerAnswer:
    """Raises NoSuchPayer where there is one, and the reader is told of the catalogue alone."""
    payer, status = known.payer, payer_status(known.payer)
    match payer:
        case Listed(details=details):
            answer = PayerAnswer(
                payer_id=known.payer_id, name=details.name, tax_id=details.tax_id, status=status
            )
            if whole:
                answer.agreement = details.agreement
                answer.contact = _contact(details)
            return answer
        case Proposed(name=name, tax_id=tax_id) | Declined(name=name, tax_id=tax_id) if whole:
            same_as = payer.same_as if isinstance(payer, Declined) else None
            return PayerAnswer(
                payer_id=known.payer_id, name=name, tax_id=tax_id, status=status, same_as=same_as
            )
        case _:
            raise NoSuchPayer


def payer_changed(known: KnownPayer) -> PayerChanged:
    return PayerChanged(
        payer_id=known.payer_id, status=payer_status(known.payer), version=known.version
    )


def _contact(details: PayerDetails) -> ContactAnswer | None:
    if details.contact_name is None:
        return None
    return ContactAnswer(
        name=details.contact_name, phone=details.contact_phone, email=details.contact_email
    )
