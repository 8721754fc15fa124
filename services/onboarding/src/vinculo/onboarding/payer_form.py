"""A payer as operations register it."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vinculo.onboarding.fields.contacts import email_address, phone_number
from vinculo.onboarding.fields.refusals import FormCheck
from vinculo.onboarding.fields.tax_ids import tax_id
from vinculo.onboarding.fields.texts import short_text

COUNTRY = "CO"

Line = Annotated[str, Field(max_length=200)]
Short = Annotated[str, Field(max_length=320)]


class ContactBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Line
    phone: Short | None = None
    email: Short | None = None


class PayerBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Line
    tax_id: Short
    agreement: Line | None = None
    contact: ContactBody | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerDetails:
    name: str
    tax_id: str
    agreement: str | None
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None


def checked_payer(body: PayerBody) -> PayerDetails:
    """Raises FormRefused with every fault."""
    form = FormCheck()
    contact = body.contact
    phone = partial(phone_number, country=COUNTRY)
    details = PayerDetails(
        name=form.take("name", body.name, short_text),
        tax_id=form.take("tax_id", body.tax_id, tax_id),
        agreement=form.take_optional("agreement", body.agreement, short_text),
        contact_name=form.take("contact.name", contact.name, short_text) if contact else None,
        contact_phone=form.take_optional("contact.phone", contact.phone, phone)
        if contact
        else None,
        contact_email=form.take_optional("contact.email", contact.email, email_address)
        if contact
        else None,
    )
    form.finish()
    return details
