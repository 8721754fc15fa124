"""A payer as operations register, accept or change it, and as an applicant types it in."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from vinculo.onboarding.domain.payer import PayerDetails, ProposalRefusal, SuspensionReason
from vinculo.onboarding.fields.refusals import FieldFault, FormCheck, FormRefused
from vinculo.values.contacts import email_address, phone_number
from vinculo.values.names import short_text
from vinculo.values.tax_ids import tax_id

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


class PayerChangeBody(BaseModel):
    """What is left out stays as it is; agreement and contact are taken away by null."""

    model_config = ConfigDict(extra="forbid")

    name: Line = ""
    tax_id: Short = ""
    agreement: Line | None = None
    contact: ContactBody | None = None


class SuspensionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason_code: SuspensionReason


class RefusalBody(BaseModel):
    """`same_as` with the reason `duplicate`, and only with it."""

    model_config = ConfigDict(extra="forbid")

    reason_code: ProposalRefusal
    same_as: UUID | None = None


def checked_payer(body: PayerBody) -> PayerDetails:
    """Raises FormRefused with every fault."""
    form = FormCheck()
    details = PayerDetails(
        name=form.take("name", body.name, short_text),
        tax_id=form.take("tax_id", body.tax_id, tax_id),
        agreement=form.take_optional("agreement", body.agreement, short_text),
        **_contact(form, body.contact),
    )
    form.finish()
    return details


def checked_changes(body: PayerChangeBody) -> dict[str, Any]:
    """The fields of PayerDetails that change. Raises FormRefused with every fault."""
    form = FormCheck()
    given = body.model_fields_set
    changes: dict[str, Any] = {}
    if "name" in given:
        changes["name"] = form.take("name", body.name, short_text)
    if "tax_id" in given:
        changes["tax_id"] = form.take("tax_id", body.tax_id, tax_id)
    if "agreement" in given:
        changes["agreement"] = form.take_optional("agreement", body.agreement, short_text)
    if "contact" in given:
        changes |= _contact(form, body.contact)
    form.finish()
    return changes


def changed_details(details: PayerDetails, changes: dict[str, Any]) -> PayerDetails:
    return replace(details, **changes)


def check_refusal(body: RefusalBody) -> None:
    """Raises FormRefused."""
    duplicate = body.reason_code is ProposalRefusal.DUPLICATE
    if duplicate is not (body.same_as is not None):
        raise FormRefused((FieldFault("same_as", "same_payer_not_named"),))


def _contact(form: FormCheck, contact: ContactBody | None) -> dict[str, str | None]:
    if contact is None:
        return dict.fromkeys(("contact_name", "contact_phone", "contact_email"))
    phone = partial(phone_number, country=COUNTRY)
    return {
        "contact_name": form.take("contact.name", contact.name, short_text),
        "contact_phone": form.take_optional("contact.phone", contact.phone, phone),
        "contact_email": form.take_optional("contact.email", contact.email, email_address),
    }
