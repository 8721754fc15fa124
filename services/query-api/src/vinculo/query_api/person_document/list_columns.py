"""The flat list columns, a pure function of the whole document.

The sections come from topics that have no common order. Columns derived from the whole document are
the same in whatever order the events arrive.
"""

from datetime import datetime
from typing import cast

from vinculo.contracts.customer_registry import Kind, Outcome
from vinculo.contracts.onboarding import CONTESTED_FROM, ConsentPurpose
from vinculo.query_api.person_document.application import counting_consents
from vinculo.query_api.person_document.credit import is_active
from vinculo.query_api.person_document.schema import (
    LIST_COLUMNS,
    NO_ID,
    NO_INSTANT,
    ApplicationSection,
    Concern,
    ListColumns,
    Person,
    RegistrySection,
)


def set_list_columns(person: Person) -> None:
    """Set the list columns, or remove them while the person belongs in no list."""
    columns = list_columns_of(person)
    fields = cast("dict[str, object]", person)
    if columns is None:
        for column in LIST_COLUMNS:
            fields.pop(column, None)
    else:
        fields.update(columns)


def list_columns_of(person: Person) -> ListColumns | None:
    """None until the three sections are there, and for an erased person."""
    application, registry = person.get("application"), person.get("registry")
    if (
        person.get("erased_at") is not None
        or application is None
        or registry is None
        or "started_at" not in application
        or "kind" not in registry
        or "name" not in person.get("personal", {})
    ):
        return None
    active_loans = sum(map(is_active, person.get("loans", {}).values()))
    is_customer = registry["kind"] == Kind.CUSTOMER.value
    registered_at = registry.get("registered_at", NO_INSTANT)
    created = registry["completed_at"] if is_customer else registry["registered_at"]
    return {
        "kind": registry["kind"],
        "status": registry["status"],
        "has_loans": int(active_loans > 0),
        "active_loans": active_loans,
        "created": created,
        "registered_at": registered_at,
        # Lists rely on modified >= created, which differing clocks of services would break.
        "modified": max(registry["status_changed_at"], created, registered_at),
        "personal_data_acceptance": _given_at(application, ConsentPurpose.PERSONAL_DATA),
        "commercial_approval": _given_at(application, ConsentPurpose.MARKETING),
        "payer_id": application.get("employment", {}).get("payer_id", NO_ID),
        "registration_number": registry.get("registration_number", 0),
        "customer_id": registry.get("customer_id", NO_ID),
        "document_type": application["document_type"],
        "project": application["project"],
        "blocked_by": [] if is_customer else _unmet(registry),
        "concerns": _concerns(application),
    }


def _concerns(application: ApplicationSection) -> list[str]:
    """Why operators should look at who registered the document."""
    found = {
        Concern.CONTESTED: len(application.get("submissions", {})) >= CONTESTED_FROM,
        Concern.DISPUTED: "disputed_at" in application,
        Concern.UNDELIVERABLE: "undeliverable_at" in application,
    }
    return [concern.value for concern, holds in found.items() if holds]


def _unmet(registry: RegistrySection) -> list[str]:
    """Codes of the requirements that the latest evaluation found failed or missing."""
    return sorted(
        {
            result["requirement"]
            for result in registry.get("results", [])
            if result["outcome"] != Outcome.MET.value
        }
    )


def _given_at(application: ApplicationSection, purpose: ConsentPurpose) -> datetime:
    consent = counting_consents(application).get(purpose.value)
    return NO_INSTANT if consent is None else consent["given_at"]
