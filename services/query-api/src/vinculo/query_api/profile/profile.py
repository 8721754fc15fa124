"""The profile that a person's document is shown as: credit overview and customer details."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from vinculo.query_api.mongo import Collection, Document
from vinculo.query_api.person_document.schema import NO_ID
from vinculo.query_api.profile.credit import credit_overview, loans_of, refinanced
from vinculo.query_api.read_model import surviving_payers

SALARY_FIELDS: Final = ("net_monthly_salary_cents", "deductions", "indicative_capacity_cents")
PAYER_FIELDS: Final = ("name", "state", "suspended_reason_code", "refused_reason_code")

Payers: TypeAlias = Mapping[UUID, Mapping[str, Any]]


class PersonUnknown(Exception):
    """There is no such person, or not all sections of the document have arrived yet."""


class CustomerUnknown(Exception):
    """No person has this customer id."""


class PersonErased(Exception):
    """The person's data have been erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """What a profile depends on besides the document: payers, the viewer's permission, the time.

    Evidence of income is stale from the age `stale_after` on.
    """

    payers: Payers
    with_salary: bool
    now: datetime
    stale_after: timedelta


async def listed_person(people: Collection, person_id: UUID) -> Document:
    """The document of a person who is in a list.

    Raises:
        PersonUnknown: there is none, or it is not complete yet.
        PersonErased: the person was erased.

    """
    person: Document | None = await people.find_one({"_id": person_id})
    if person is not None and person.get("erased_at") is not None:
        raise PersonErased
    if person is None or person.get("kind") is None:
        raise PersonUnknown
    return person


async def read_payers(payers: Collection, ids: Iterable[UUID | None]) -> Payers:
    requested = {payer_id for payer_id in ids if payer_id is not None}
    return await surviving_payers(payers, requested, PAYER_FIELDS)


def profile_of(document: Mapping[str, Any], view: ProfileView) -> dict[str, Any]:
    """The profile; it has `refinanced_loans` only when there are any."""
    registry: Mapping[str, Any] = document["registry"]
    replaced = refinanced(loans_of(document))
    customer_id = document["customer_id"]
    return {
        "person_id": document["_id"],
        "customer_id": None if customer_id == NO_ID else customer_id,
        "kind": document["kind"],
        "status": document["status"],
        "version": registry["version"],
        "credit_overview": credit_overview(document),
        "customer_details": {
            "personal": _personal(document),
            "employment": _employment(document, view),
            "documents": _documents(document),
            "consents": document["application"].get("consents", {}),
            "consent_ledger": document["application"].get("consent_ledger", []),
            "identity_correction": _identity_correction(document),
            "status": _status(registry),
            "requirements": _requirements(registry),
        },
        **({"refinanced_loans": replaced} if replaced else {}),
    }


def _personal(document: Mapping[str, Any]) -> dict[str, Any]:
    known: Mapping[str, Any] = document.get("personal", {})
    fields = ("name", "given_names", "surnames", "document_number", "birth_date", "email", "phone")
    application: Mapping[str, Any] = document["application"]
    return {
        **{field: known.get(field) for field in fields},
        "country": application["country"],
        "document_type": application["document_type"],
        "locale": application["locale"],
        "channel": application["channel"],
        "email_verified_at": application.get("email_verified_at"),
        "phone_verified_at": application.get("phone_verified_at"),
    }


def _identity_correction(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The requested identity, until an operator has decided."""
    correction: Mapping[str, Any] | None = document["application"].get("identity_correction")
    if correction is None:
        return None
    return {**correction, **document.get("personal", {}).get("identity_correction", {})}


def _employment(document: Mapping[str, Any], view: ProfileView) -> dict[str, Any] | None:
    """None until declared; amounts only with the permission to see salaries."""
    declared: Mapping[str, Any] | None = document["application"].get("employment")
    if declared is None:
        return None
    known: dict[str, Any] = dict(document.get("personal", {}).get("employment") or {})
    if not view.with_salary:
        for field in SALARY_FIELDS:
            known.pop(field, None)
    age = view.now - declared["declared_at"]
    return {
        **declared,
        **_payer(view.payers, declared["payer_id"]),
        "age_days": max(0, age.days),
        "is_stale": age >= view.stale_after,
        **known,
    }


def _payer(payers: Payers, payer_id: UUID) -> dict[str, Any]:
    """Name and state today; all null for an unknown payer."""
    payer = payers.get(payer_id, {})
    reason = payer.get("suspended_reason_code") or payer.get("refused_reason_code")
    return {
        "payer": payer.get("name"),
        "payer_state": payer.get("state"),
        "payer_reason_code": reason,
    }


def _documents(document: Mapping[str, Any]) -> dict[str, Any]:
    dossier: Mapping[str, Any] = document.get("dossier") or {}
    return {
        "state": dossier.get("state"),
        "submitted_at": dossier.get("submitted_at"),
        "accepted_at": dossier.get("accepted_at"),
        "requirements": dossier.get("requirements", []),
        "files": [
            {"document_id": document_id, **facts}
            for document_id, facts in dossier.get("documents", {}).items()
        ],
    }


def _status(registry: Mapping[str, Any]) -> dict[str, Any]:
    """The status with its reason, and the dates of registration, activation and promotion."""
    fields = (
        "status_changed_at",
        "status_cause",
        "status_reason_code",
        "status_changed_by",
        "registration_number",
        "registered_at",
        "activated_at",
        "completed_at",
        "promoted_at",
    )
    return {"status": registry["status"], **{field: registry.get(field) for field in fields}}


def _requirements(registry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "policy": registry.get("policy"),
        "policy_version": registry.get("policy_version"),
        "results": registry.get("results", []),
    }
