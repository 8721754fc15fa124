from datetime import UTC, datetime
from uuid import UUID

from vinculo.contracts.documents import (
    DocumentDemanded,
    DossierAccepted,
    DossierOpened,
    DossierReopened,
    Requirement,
)
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.dossier import fold_dossier

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
    part: Document = {}
    for event in (OPENED, ACCEPTED, DEMANDED):
        fold_dossier(part, event)

    assert part["state"] == "open"
    assert part["requirements"] == [
        {"code": "payslip", "kinds": ["payslip"]},
        {"code": "bank_statement", "kinds": ["bank_statement"]},
    ]


def test_a_reopened_dossier_keeps_its_requirements() -> None:
    part: Document = {}
    for event in (OPENED, ACCEPTED, REOPENED):
        fold_dossier(part, event)

    assert part["state"] == "open"
    assert [each["code"] for each in part["requirements"]] == ["payslip"]
