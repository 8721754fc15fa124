"""The section of the dossier: requirements, files and their review."""

from datetime import UTC, datetime
from uuid import UUID

from vinculo.contracts.documents import (
    DocumentDemanded,
    DossierAccepted,
    DossierOpened,
    DossierReopened,
    Requirement,
)
from vinculo.query_api.person_document.dossier import fold_dossier
from vinculo.query_api.person_document.schema import DossierSection

from ..event_samples import (
    at,
    dossier,
    person_id,
)
from ..in_memory_projector import project_person

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OPENED = DossierOpened(
    requirement_set_version=1,
    requirements=(Requirement(code="payslip", kinds=("payslip",)),),
    opened_at=NOW,
)
ACCEPTED = DossierAccepted(accepted_by=UUID(int=1), accepted_at=NOW)
DEMANDED = DocumentDemanded(kind="bank_statement", demanded_by=UUID(int=1), demanded_at=NOW)
REOPENED = DossierReopened(document_id=UUID(int=2), reopened_at=NOW)


def test_a_demanded_document_is_one_more_requirement_of_an_open_dossier() -> None:
    section: DossierSection = {"version": 1}
    for event in (OPENED, ACCEPTED, DEMANDED):
        fold_dossier(section, event)

    assert section["state"] == "open"
    assert section["requirements"] == [
        {"code": "payslip", "kinds": ["payslip"]},
        {"code": "bank_statement", "kinds": ["bank_statement"]},
    ]


def test_a_reopened_dossier_keeps_its_requirements() -> None:
    section: DossierSection = {"version": 1}
    for event in (OPENED, ACCEPTED, REOPENED):
        fold_dossier(section, event)

    assert section["state"] == "open"
    assert [each["code"] for each in section["requirements"]] == ["payslip"]


async def test_a_reviewed_document_has_reviewer_and_time() -> None:
    person = await project_person(dossier(1).events)

    file = next(iter(person["dossier"]["documents"].values()))
    assert (file["state"], file["decided_at"]) == ("accepted", at(6))
    assert person["dossier"]["state"] == "accepted"
    assert person["dossier"]["opened_at"] == datetime(2026, 3, 2, 15, 1, tzinfo=UTC)
    assert person["_id"] == person_id(1)
