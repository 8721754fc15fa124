from uuid import UUID

from vinculo.documents.application.dossier_queries import DossierView, dossier_view
from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentRejected,
    DocumentState,
    DocumentSuperseded,
    DossierEvent,
    DossierStatus,
)
from vinculo.events import ERASED, Sealed

from ..dossier_history import (
    ACCEPTED,
    CERTIFICATE,
    DEFAULT_REQUIREMENTS,
    NOW,
    OPENED,
    PAYSLIP,
    REVIEWER,
    SUBMITTED,
    received,
    rejected,
    usable,
)

NEW = UUID(int=50)
EMPLOYMENT_PROOF = DEFAULT_REQUIREMENTS.requirements[3]
PAYSLIP_REQUIREMENT = DEFAULT_REQUIREMENTS.requirements[2]
SEALED = Sealed(UUID(int=7), UUID(int=8), {"v": 1})


def view_of(*history: DossierEvent) -> DossierView:
    view = dossier_view(history)
    assert view is not None
    return view


def states(view: DossierView) -> dict[str, tuple[str, str | None]]:
    found = {requirement.code: view.state_of(requirement) for requirement in view.requirements}
    return {code: (each.state, each.reason) for code, each in found.items()}


def test_a_dossier_never_opened_has_no_view() -> None:
    assert dossier_view([]) is None


def test_in_an_empty_dossier_every_requirement_is_missing() -> None:
    assert set(states(view_of(OPENED)).values()) == {("missing", None)}


def test_a_document_is_shown_with_the_size_of_the_stored_file() -> None:
    (document,) = view_of(OPENED, *usable(PAYSLIP, "payslip")).documents

    assert (document.state, document.size_bytes) == (DocumentState.SCREENED, 900)


def test_the_view_has_the_status_of_the_dossier() -> None:
    assert view_of(OPENED).status is DossierStatus.OPEN
    assert view_of(*SUBMITTED).status is DossierStatus.SUBMITTED
    assert view_of(*ACCEPTED).status is DossierStatus.ACCEPTED


def test_a_failed_screening_leaves_the_requirement_missing_with_the_reason() -> None:
    failed = DocumentFailedScreening(
        document_id=PAYSLIP, kind="payslip", reason_code="damaged", failed_at=NOW
    )
    view = view_of(OPENED, received(PAYSLIP, "payslip"), failed)

    assert states(view)["payslip"] == ("missing", "damaged")


def test_a_rejection_is_shown_with_its_reason_and_encrypted_note() -> None:
    view = view_of(*SUBMITTED, rejected(PAYSLIP, "payslip", SEALED))
    document = view.decisive_document(PAYSLIP_REQUIREMENT)

    assert states(view)["payslip"] == ("rejected", "illegible")
    assert document is not None
    assert document.note == SEALED


def test_a_newer_file_determines_the_state_instead_of_the_rejected_one() -> None:
    view = view_of(*SUBMITTED, rejected(PAYSLIP, "payslip"), received(NEW, "payslip"))

    assert states(view)["payslip"] == ("received", None)


def test_of_two_rejected_files_the_newer_one_determines_the_state() -> None:
    history = (
        *SUBMITTED,
        rejected(PAYSLIP, "payslip"),
        *usable(NEW, "payslip"),
        rejected(NEW, "payslip", reason_code="expired"),
    )

    assert states(view_of(*history))["payslip"] == ("rejected", "expired")


def test_a_screened_contract_determines_the_state_beside_a_rejected_certificate() -> None:
    history = (
        *SUBMITTED,
        *usable(NEW, "employment_contract"),
        rejected(CERTIFICATE, "employment_certificate"),
    )

    assert states(view_of(*history))["employment_proof"] == ("screened", None)


def test_a_superseded_document_is_listed_and_determines_no_state() -> None:
    replaced = DocumentSuperseded(
        document_id=PAYSLIP, kind="payslip", superseded_by=NEW, superseded_at=NOW
    )
    view = view_of(OPENED, *usable(PAYSLIP, "payslip"), *usable(NEW, "payslip"), replaced)

    decisive = view.decisive_document(PAYSLIP_REQUIREMENT)
    assert decisive is not None
    assert decisive.document_id == NEW
    assert [each.state for each in view.documents] == [
        DocumentState.SUPERSEDED,
        DocumentState.SCREENED,
    ]


def test_the_view_is_the_same_when_the_notes_are_erased() -> None:
    erased = DocumentRejected(
        document_id=PAYSLIP,
        kind="payslip",
        reason_code="illegible",
        rejected_by=REVIEWER,
        rejected_at=NOW,
        personal=ERASED,
    )

    assert states(view_of(*SUBMITTED, erased)) == states(
        view_of(*SUBMITTED, rejected(PAYSLIP, "payslip", SEALED))
    )
    assert view_of(*SUBMITTED).decisive_document(EMPLOYMENT_PROOF) is not None
