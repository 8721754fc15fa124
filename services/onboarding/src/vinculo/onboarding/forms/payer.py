"""A payer as operations register, accept, change or refuse it."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from vinculo.onboarding.domain.payer import PayerDetails, ProposalRefusal, SuspensionReason
from vinculo.onboarding.forms.employment import validate_contact_is_reachable
from vinculo.onboarding.forms.fields import DEFAULT_COUNTRY, FormBody, ShortText
from vinculo.onboarding.forms.validation import FieldError, FormValidator, InvalidForm
from vinculo.values.contacts import email_address, phone_number
from vinculo.values.names import short_text
from vinculo.values.tax_ids import tax_id

PayerText = Annotated[str, Field(max_length=200)]


class ContactBody(FormBody):
    name: PayerText
    phone: ShortText | None = None
    email: ShortText | None = None


class PayerBody(FormBody):
    name: PayerText
    tax_id: ShortText
    agreement: PayerText | None = None
    contact: ContactBody | None = None


class PayerChangeBody(FormBody):
    """Fields that are left out stay as they are; null removes the agreement or the contact."""

    name: PayerText = ""
    tax_id: ShortText = ""
    agreement: PayerText | None = None
    contact: ContactBody | None = None


class SuspensionBody(FormBody):
    reason_code: SuspensionReason


class RefusalBody(FormBody):
    """`same_as` is given with the reason `duplicate`, and only with it."""

    reason_code: ProposalRefusal
    same_as: UUID | None = None


def validate_payer(body: PayerBody) -> PayerDetails:
    """The valid details of a payer.

    Raises:
        InvalidForm: with every error.

    """
    form = FormValidator()
    details = PayerDetails(
        name=form.validate("name", body.name, short_text),
        tax_id=form.validate("tax_id", body.tax_id, tax_id),
        agreement=form.validate_optional("agreement", body.agreement, short_text),
        **_validate_contact(form, body.contact),
    )
    form.raise_if_invalid()
    return details


def validate_payer_changes(body: PayerChangeBody) -> dict[str, Any]:
    """The fields of PayerDetails that change, by name.

    Raises:
        InvalidForm: with every error.

    """
    form = FormValidator()
    given = body.model_fields_set
    changes: dict[str, Any] = {}
    if "name" in given:
        changes["name"] = form.validate("name", body.name, short_text)
    if "tax_id" in given:
        changes["tax_id"] = form.validate("tax_id", body.tax_id, tax_id)
    if "agreement" in given:
        changes["agreement"] = form.validate_optional("agreement", body.agreement, short_text)
    if "contact" in given:
        changes |= _validate_contact(form, body.contact)
    form.raise_if_invalid()
    return changes


def validate_refusal(body: RefusalBody) -> None:
    """Raises InvalidForm if `same_as` is missing for a duplicate, or given for another reason."""
    duplicate = body.reason_code is ProposalRefusal.DUPLICATE
    if duplicate is not (body.same_as is not None):
        raise InvalidForm((FieldError("same_as", "same_payer_not_named"),))


def _validate_contact(form: FormValidator, contact: ContactBody | None) -> dict[str, str | None]:
    if contact is None:
        return dict.fromkeys(("contact_name", "contact_phone", "contact_email"))
    phone = partial(phone_number, country=DEFAULT_COUNTRY)
    validate_contact_is_reachable(form, "contact", contact.phone, contact.email)
    return {
        "contact_name": form.validate("contact.name", contact.name, short_text),
        "contact_phone": form.validate_optional("contact.phone", contact.phone, phone),
        "contact_email": form.validate_optional("contact.email", contact.email, email_address),
    }
