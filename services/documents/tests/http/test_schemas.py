from uuid import UUID

import pytest

from vinculo.documents.application.dossier_queries import ReadableDossier, dossier_view
from vinculo.documents.domain.dossier import DocumentFailedScreening, DossierEvent
from vinculo.documents.http.schemas import DossierAnswer, dossier_fields
from vinculo.events import Sealed

from ..dossier_history import ACCEPTED, NOW, OPENED, PAYSLIP, SUBMITTED, received, rejected

NOTE = Sealed(UUID(int=7), UUID(int=8), {"v": 1})
FAILED = DocumentFailedScreening(
    document_id=PAYSLIP, kind="payslip", reason_code="damaged", failed_at=NOW
)


def response_to(*history: DossierEvent) -> DossierAnswer:
    view = dossier_view(history)
    assert view is not None
    notes: dict[UUID | str, str] = {PAYSLIP: "Illegible.", "bank_statement": "Of May."}
    return DossierAnswer(**dossier_fields(ReadableDossier(view=view, version=1, notes=notes), "en"))


@pytest.mark.parametrize(
    ("history", "state", "reason"),
    [
        ((OPENED,), "missing", None),
        ((OPENED, received(PAYSLIP, "payslip")), "received", None),
        ((OPENED, received(PAYSLIP, "payslip"), FAILED), "missing", "damaged"),
        (SUBMITTED, "screened", None),
        (ACCEPTED, "accepted", None),
        ((*SUBMITTED, rejected(PAYSLIP, "payslip", NOTE)), "rejected", "illegible"),
    ],
)
def test_a_requirement_is_shown_with_its_state_and_reason(
    history: tuple[DossierEvent, ...], state: str, reason: str | None
) -> None:
    requirement = response_to(*history).requirements[2]

    assert (requirement.code, requirement.state, requirement.reason) == ("payslip", state, reason)


def test_codes_of_a_dossier_are_shown_in_words() -> None:
    answer = response_to(*SUBMITTED, rejected(PAYSLIP, "payslip", NOTE))
    (payslip,) = [each for each in answer.documents if each.document_id == PAYSLIP]

    assert (payslip.kind_in_words, payslip.reason_in_words) == ("payslip", "illegible")
    assert answer.requirements[2].kinds_in_words == ("payslip",)
    assert answer.requirements[2].reason_in_words == "illegible"
    assert answer.requirements[0].reason_in_words is None


def test_a_document_is_shown_with_its_note() -> None:
    documents = response_to(*SUBMITTED, rejected(PAYSLIP, "payslip", NOTE)).documents

    assert {each.document_id: each.note for each in documents}[PAYSLIP] == "Illegible."
