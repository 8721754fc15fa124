"""A payer's document: as an applicant typed it in, then as operations keep it."""

from vinculo.contracts import Facts
from vinculo.contracts.payers import (
    PayerAccepted,
    PayerChanged,
    PayerProposed,
    PayerRefused,
    PayerRegistered,
    PayerReinstated,
    PayerSuspended,
)
from vinculo.query_api.mongo import Document


def fold_payer(payer: Document, event: Facts) -> None:
    """A refused proposal keeps the name that was typed in, and `same_as` where it is another."""
    match event:
        case PayerProposed():
            payer["state"] = "proposed"
            payer["name"] = event.name
            payer["tax_id"] = event.tax_id
            payer["proposed_by"] = event.proposed_by
            payer["proposed_at"] = event.proposed_at
        case PayerRegistered():
            payer["state"] = "active"
            _know(payer, event)
            payer["registered_by"] = event.registered_by
            payer["registered_at"] = event.registered_at
        case PayerAccepted():
            payer["state"] = "active"
            _know(payer, event)
            payer["accepted_by"] = event.accepted_by
            payer["accepted_at"] = event.accepted_at
        case PayerRefused():
            payer["state"] = "refused"
            payer["same_as"] = event.same_as
            payer["refused_reason_code"] = event.reason_code
        case PayerChanged():
            _know(payer, event)
        case PayerSuspended():
            payer["state"] = "suspended"
            payer["suspended_reason_code"] = event.reason_code
        case PayerReinstated():
            payer["state"] = "active"
            payer.pop("suspended_reason_code", None)


def _know(payer: Document, event: PayerRegistered | PayerAccepted | PayerChanged) -> None:
    payer["name"] = event.name
    payer["tax_id"] = event.tax_id
    payer["agreement"] = event.agreement
    payer["contact_name"] = event.contact_name
    payer["contact_phone"] = event.contact_phone
    payer["contact_email"] = event.contact_email
