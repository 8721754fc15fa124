from uuid import UUID

import pytest

from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentReceived,
    DocumentSuperseded,
    DossierOpened,
    DossierReopened,
)
from vinculo.documents.domain.dossier_decisions import (
    DOSSIER,
    AcceptDocument,
    DocumentUnknown,
    DossierCommand,
    DossierNotOpen,
    KindNotRequired,
    OpenDossier,
    ReceiveDocument,
    RecordFitFile,
    RecordUnfitFile,
    RejectDocument,
)
from vinculo.events.testing import Scenario

from ..dossier_history import (
    ACCEPTED,
    BACK,
    CERTIFICATE,
    FRONT,
    KINDS,
    NOW,
    OPENED,
    PAYSLIP,
    REVIEWER,
    SUBMITTED,
    USUAL_REQUIREMENTS,
    WITHOUT_CERTIFICATE,
    accepted,
    fit,
    received,
    screened,
    submitted,
)

dossier = Scenario(DOSSIER)

NEW = UUID(int=50)
NEWER = UUID(int=51)
OPEN = OpenDossier(requirement_set=USUAL_REQUIREMENTS, now=NOW)


def receive(document_id: UUID, kind: str) -> ReceiveDocument:
    return ReceiveDocument(
        document_id=document_id,
        kind=kind,
        media_type="application/pdf",
        size_bytes=1000,
        sha256="a" * 64,
        now=NOW,
    )


def found_fit(document_id: UUID) -> RecordFitFile:
    return RecordFitFile(
        document_id=document_id,
        media_type="application/pdf",
        size_bytes=900,
        sha256="b" * 64,
        now=NOW,
    )


def found_unfit(document_id: UUID) -> RecordUnfitFile:
    return RecordUnfitFile(document_id=document_id, reason_code="damaged", now=NOW)


def superseded(document_id: UUID, kind: str, by: UUID) -> DocumentSuperseded:
    return DocumentSuperseded(
        document_id=document_id, kind=kind, superseded_by=by, superseded_at=NOW
    )


def test_a_dossier_opens_with_its_requirements() -> None:
    dossier.given().when(OPEN).then(
        DossierOpened(
            requirement_set_version=1,
            requirements=USUAL_REQUIREMENTS.requirements,
            opened_at=NOW,
        )
    )


def test_opening_a_dossier_twice_records_nothing() -> None:
    dossier.given(OPENED).when(OPEN).then_nothing_happens()


@pytest.mark.parametrize(
    "command",
    [
        receive(NEW, "payslip"),
        found_fit(NEW),
        found_unfit(NEW),
        AcceptDocument(document_id=NEW, accepted_by=REVIEWER, now=NOW),
        RejectDocument(
            document_id=NEW, reason_code="expired", note=None, rejected_by=REVIEWER, now=NOW
        ),
    ],
)
def test_nothing_can_be_done_before_the_dossier_is_open(command: DossierCommand) -> None:
    dossier.given().when(command).then_refused(DossierNotOpen)


def test_a_required_document_is_received() -> None:
    dossier.given(OPENED).when(receive(NEW, "payslip")).then(received(NEW, "payslip", NOW))


def test_a_document_of_a_kind_nobody_asked_for_is_refused() -> None:
    dossier.given(OPENED).when(receive(NEW, "passport")).then_refused(
        KindNotRequired, match="passport"
    )


def test_receiving_the_same_document_twice_records_nothing() -> None:
    dossier.given(OPENED, received(NEW, "payslip")).when(
        receive(NEW, "payslip")
    ).then_nothing_happens()


def test_a_rejected_or_accepted_dossier_still_takes_documents() -> None:
    dossier.given(*ACCEPTED).when(receive(NEW, "payslip")).then(received(NEW, "payslip", NOW))


def test_a_fit_file_is_recorded() -> None:
    dossier.given(OPENED, received(NEW, "payslip")).when(found_fit(NEW)).then(
        screened(NEW, "payslip", NOW)
    )


@pytest.mark.parametrize("command", [found_fit(NEW), found_unfit(NEW)])
def test_a_file_never_received_cannot_be_screened(command: DossierCommand) -> None:
    dossier.given(OPENED).when(command).then_refused(DocumentUnknown, match=str(NEW))


@pytest.mark.parametrize("command", [found_fit(NEW), found_unfit(NEW)])
def test_the_first_result_of_screening_stands(command: DossierCommand) -> None:
    failed = DocumentFailedScreening(
        document_id=NEW, kind="payslip", reason_code="empty", failed_at=NOW
    )

    dossier.given(OPENED, *fit(NEW, "payslip")).when(command).then_nothing_happens()
    dossier.given(OPENED, received(NEW, "payslip"), failed).when(command).then_nothing_happens()


def test_an_unfit_file_is_recorded_with_its_reason() -> None:
    dossier.given(OPENED, received(NEW, "payslip")).when(found_unfit(NEW)).then(
        DocumentFailedScreening(
            document_id=NEW, kind="payslip", reason_code="damaged", failed_at=NOW
        )
    )


def test_an_unfit_newer_file_leaves_the_older_one_in_place() -> None:
    dossier.given(*SUBMITTED, received(NEW, "payslip")).when(found_unfit(NEW)).then(
        DocumentFailedScreening(
            document_id=NEW, kind="payslip", reason_code="damaged", failed_at=NOW
        )
    )


@pytest.mark.parametrize("kind", ["employment_certificate", "employment_contract"])
def test_the_last_fit_document_submits_the_dossier(kind: str) -> None:
    dossier.given(*WITHOUT_CERTIFICATE, received(NEW, kind)).when(found_fit(NEW)).then(
        screened(NEW, kind, NOW), submitted(FRONT, BACK, PAYSLIP, NEW, at=NOW)
    )


def test_the_other_form_of_an_employment_proof_adds_to_a_submitted_dossier() -> None:
    dossier.given(*SUBMITTED, received(NEW, "employment_contract")).when(found_fit(NEW)).then(
        screened(NEW, "employment_contract", NOW)
    )


def test_a_newer_document_takes_the_place_of_the_older_of_its_kind() -> None:
    dossier.given(OPENED, *fit(PAYSLIP, "payslip"), received(NEW, "payslip")).when(
        found_fit(NEW)
    ).then(screened(NEW, "payslip", NOW), superseded(PAYSLIP, "payslip", NEW))


def test_the_newest_received_document_stays_when_the_older_is_screened_last() -> None:
    dossier.given(OPENED, received(NEW, "payslip"), *fit(NEWER, "payslip")).when(
        found_fit(NEW)
    ).then(screened(NEW, "payslip", NOW), superseded(NEW, "payslip", NEWER))


def test_an_older_document_screened_late_does_not_reopen_a_submitted_dossier() -> None:
    history = [*WITHOUT_CERTIFICATE, received(NEW, KINDS[CERTIFICATE])]
    history += [*fit(CERTIFICATE, KINDS[CERTIFICATE])]
    history += [submitted(FRONT, BACK, PAYSLIP, CERTIFICATE)]

    dossier.given(*history).when(found_fit(NEW)).then(
        screened(NEW, KINDS[CERTIFICATE], NOW), superseded(NEW, KINDS[CERTIFICATE], CERTIFICATE)
    )


@pytest.mark.parametrize("history", [SUBMITTED, ACCEPTED], ids=["submitted", "accepted"])
def test_a_newer_document_reopens_and_submits_the_dossier_anew(
    history: tuple[DocumentReceived, ...],
) -> None:
    dossier.given(*history, received(NEW, "payslip")).when(found_fit(NEW)).then(
        screened(NEW, "payslip", NOW),
        superseded(PAYSLIP, "payslip", NEW),
        DossierReopened(document_id=PAYSLIP, reopened_at=NOW),
        submitted(FRONT, BACK, CERTIFICATE, NEW, at=NOW),
    )


def test_replacing_a_spare_document_leaves_an_accepted_dossier_accepted() -> None:
    history = (*ACCEPTED, *fit(NEW, "employment_contract"))

    dossier.given(*history, received(NEWER, "employment_contract")).when(found_fit(NEWER)).then(
        screened(NEWER, "employment_contract", NOW),
        superseded(NEW, "employment_contract", NEWER),
    )


def test_the_accepted_contract_keeps_a_dossier_accepted_when_the_certificate_is_replaced() -> None:
    history = (
        *ACCEPTED,
        *fit(NEW, "employment_contract"),
        accepted(NEW, "employment_contract"),
        received(NEWER, KINDS[CERTIFICATE]),
    )

    dossier.given(*history).when(found_fit(NEWER)).then(
        screened(NEWER, KINDS[CERTIFICATE], NOW), superseded(CERTIFICATE, KINDS[CERTIFICATE], NEWER)
    )
