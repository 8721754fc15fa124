from uuid import UUID

from vinculo.documents.application.dossier_queries import DossierView, ReadDossier, dossier_view
from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentRejected,
    DocumentState,
    DocumentSuperseded,
    DossierEvent,
    Stage,
)
from vinculo.documents.http.schemas import dossier_fields
from vinculo.events import ERASED, Sealed

from ..dossier_history import (
    ACCEPTED,
    CERTIFICATE,
    NOW,
    OPENED,
    PAYSLIP,
    REVIEWER,
    SUBMITTED,
    USUAL_REQUIREMENTS,
    fit,
    received,
)

NEW = UUID(int=50)
EMPLOYMENT_PROOF = USUAL_REQUIREMENTS.requirements[3]
PAYSLIP_REQUIREMENT = USUAL_REQUIREMENTS.requirements[2]
SEALED = Sealed(UUID(int=7), UUID(int=8), {"v": 1})


def view(*history: DossierEvent) -> DossierView:
    seen = dossier_view(history)
    assert seen is not None
    return seen


def rejected(document_id: UUID, kind: str, note: Sealed | None = None) -> DocumentRejected:
    return DocumentRejected(
        document_id=document_id,
        kind=kind,
        reason_code="illegible",
        rejected_by=REVIEWER,
        rejected_at=NOW,
        personal=note,
    )


def standing(seen: DossierView) -> dict[str, tuple[str, str | None]]:
    fields = dossier_fields(ReadDossier(view=seen, version=1, notes={}))
    return {each.code: (each.state, each.reason) for each in fields["requirements"]}


def test_a_dossier_never_opened_has_no_view() -> None:
    assert dossier_view([]) is None


def test_an_empty_dossier_misses_everything() -> None:
    assert set(standing(view(OPENED)).values()) == {("missing", None)}


def test_a_document_is_shown_as_it_is_kept() -> None:
    (document,) = view(OPENED, *fit(PAYSLIP, "payslip")).documents

    assert (document.state, document.size_bytes) == (DocumentState.SCREENED, 900)


def test_each_stage_is_shown() -> None:
    assert view(OPENED).stage is Stage.OPEN
    assert view(*SUBMITTED).stage is Stage.SUBMITTED
    assert view(*ACCEPTED).stage is Stage.ACCEPTED


def test_an_unfit_file_leaves_its_requirement_missing_with_the_reason() -> None:
    failed = DocumentFailedScreening(
        document_id=PAYSLIP, kind="payslip", reason_code="damaged", failed_at=NOW
    )
    seen = view(OPENED, received(PAYSLIP, "payslip"), failed)

    assert standing(seen)["payslip"] == ("missing", "damaged")


def test_a_rejection_is_shown_with_reason_and_sealed_note() -> None:
    seen = view(*SUBMITTED, rejected(PAYSLIP, "payslip", SEALED))
    document = seen.standing(PAYSLIP_REQUIREMENT)

    assert standing(seen)["payslip"] == ("rejected", "illegible")
    assert document is not None
    assert document.note == SEALED


def test_a_newer_file_speaks_for_a_requirement_instead_of_the_rejected_one() -> None:
    seen = view(*SUBMITTED, rejected(PAYSLIP, "payslip"), received(NEW, "payslip"))

    assert standing(seen)["payslip"] == ("received", None)


def test_of_two_rejected_files_the_newer_one_speaks() -> None:
    other = DocumentRejected(
        document_id=NEW,
        kind="payslip",
        reason_code="expired",
        rejected_by=REVIEWER,
        rejected_at=NOW,
    )
    history = (*SUBMITTED, rejected(PAYSLIP, "payslip"), *fit(NEW, "payslip"), other)

    assert standing(view(*history))["payslip"] == ("rejected", "expired")


def test_an_accepted_contract_speaks_for_the_employment_proof_beside_a_rejected_certificate() -> (
    None
):
    history = (
        *SUBMITTED,
        *fit(NEW, "employment_contract"),
        rejected(CERTIFICATE, "employment_certificate"),
    )

    assert standing(view(*history))["employment_proof"] == ("screened", None)


def test_a_replaced_document_is_listed_but_speaks_for_nothing() -> None:
    replaced = DocumentSuperseded(
        document_id=PAYSLIP, kind="payslip", superseded_by=NEW, superseded_at=NOW
    )
    seen = view(OPENED, *fit(PAYSLIP, "payslip"), *fit(NEW, "payslip"), replaced)

    telling = seen.standing(PAYSLIP_REQUIREMENT)
    assert telling is not None
    assert telling.document_id == NEW
    assert [each.state for each in seen.documents] == [
        DocumentState.SUPERSEDED,
        DocumentState.SCREENED,
    ]


def test_the_view_is_the_same_once_the_notes_are_erased() -> None:
    erased = DocumentRejected(
        document_id=PAYSLIP,
        kind="payslip",
        reason_code="illegible",
        rejected_by=REVIEWER,
        rejected_at=NOW,
        personal=ERASED,
    )

    assert standing(view(*SUBMITTED, erased)) == standing(
        view(*SUBMITTED, rejected(PAYSLIP, "payslip", SEALED))
    )
    assert view(*SUBMITTED).standing(EMPLOYMENT_PROOF) is not None
