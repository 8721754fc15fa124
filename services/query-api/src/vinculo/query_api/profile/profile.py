"""A person's document as the profile shows it: credit overview and customer details."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from vinculo.httpapi import Problem
from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.schema import NO_ID
from vinculo.query_api.profile.credit import credit_overview, loans_of, refinanced
from vinculo.query_api.read_model import surviving_payers

AMOUNTS: Final = ("net_monthly_salary_cents", "deductions", "indicative_capacity_cents")


Payers = Mapping[UUID, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """What a profile is shown with: payers, the viewer's permission, the moment.

    Evidence of income is stale from `stale_after` on.
    """

    payers: Payers
    with_salary: bool
    now: datetime
    stale_after: timedelta


def profile_of(document: Mapping[str, Any], view: ProfileView) -> dict[str, Any]:
    """`refinanced_loans` is there only when there are any."""
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
            "personal": personal(document),
            "employment": employment(document, view),
            "documents": documents(document),
            "consents": document["application"].get("consents", {}),
            "consent_ledger": document["application"].get("consent_ledger", []),
            "identity_correction": identity_correction(document),
            "status": status(registry),
            "requirements": requirements(registry),
        },
        **({"refinanced_loans": replaced} if replaced else {}),
    }


def personal(document: Mapping[str, Any]) -> dict[str, Any]:
    known: Mapping[str, Any] = document.get("personal", {})
    shown = ("name", "given_names", "surnames", "document_number", "birth_date", "email", "phone")
    application: Mapping[str, Any] = document["application"]
    return {
        **{field: known.get(field) for field in shown},
        "country": application["country"],
        "document_type": application["document_type"],
        "locale": application["locale"],
        "channel": application["channel"],
        "email_verified_at": application.get("email_verified_at"),
        "phone_verified_at": application.get("phone_verified_at"),
    }


def identity_correction(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the person asks to be called, while no operator has decided."""
    asked: Mapping[str, Any] | None = document["application"].get("identity_correction")
    if asked is None:
        return None
    return {**asked, **document.get("personal", {}).get("identity_correction", {})}


def employment(document: Mapping[str, Any], view: ProfileView) -> dict[str, Any] | None:
    """None until declared. Amounts only for who may see them."""
    declared: Mapping[str, Any] | None = document["application"].get("employment")
    if declared is None:
        return None
    known: dict[str, Any] = dict(document.get("personal", {}).get("employment") or {})
    if not view.with_salary:
        for amount in AMOUNTS:
            known.pop(amount, None)
    age = view.now - declared["declared_at"]
    return {
        **declared,
        **payer_facts(view.payers, declared["payer_id"]),
        "age_days": max(0, age.days),
        "is_stale": age >= view.stale_after,
        **known,
    }


def documents(document: Mapping[str, Any]) -> dict[str, Any]:
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


def status(registry: Mapping[str, Any]) -> dict[str, Any]:
    """The status with its reason and the three instants of a person's way."""
    shown = (
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
    return {"status": registry["status"], **{field: registry.get(field) for field in shown}}


def requirements(registry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "policy": registry.get("policy"),
        "policy_version": registry.get("policy_version"),
        "results": registry.get("results", []),
    }


FIELDS = ("name", "state", "suspended_reason_code", "refused_reason_code")


async def read_payers(payers: Collection, ids: Iterable[UUID | None]) -> Payers:
    return await surviving_payers(payers, {each for each in ids if each is not None}, FIELDS)


def payer_facts(payers: Payers, payer_id: UUID) -> dict[str, Any]:
    """A refused duplicate stands as the payer that it is; one we know nothing of is all null."""
    payer = payers.get(payer_id, {})
    reason = payer.get("suspended_reason_code") or payer.get("refused_reason_code")
    return {
        "payer": payer.get("name"),
        "payer_state": payer.get("state"),
        "payer_reason_code": reason,
    }


async def listed_person(people: Collection, person_id: UUID) -> dict[str, Any]:
    """Raises Problem 404 for who is unknown and 410 for who is erased.

    Somebody who registered a moment ago is unknown until every part has arrived.
    """
    person: dict[str, Any] | None = await people.find_one({"_id": person_id})
    if person is not None and person.get("erased_at") is not None:
        raise Problem(410, "person-erased")
    if person is None or person.get("kind") is None:
        raise Problem(404, "person-unknown", headers={"Retry-After": "1"})
    return person
