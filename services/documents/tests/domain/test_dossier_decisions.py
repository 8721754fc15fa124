from uuid import UUID

import pytest

from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentReceived,
    DocumentSuperseded,
    DossierErased,
    DossierOpened,
    DossierReopened,
)
from vinculo.documents.domain.dossier_decisions import (
    DOSSIER,
    DocumentUnknown,
    DossierCommand,
    DossierGone,
    DossierNotOpen,
    KindNotRequired,
    RecordFilesErased,
)
from vinculo.events.testing import Scenario

from ..dossier_commands import (
    OPEN,
    accept,
    receive,
    reject,
    screening_failed,
    screening_passed,
)
from ..dossier_history import (
    ACCEPTED,
    BACK,
    CERTIFICATE,
    DEFAULT_REQUIREMENTS,
    FRONT,
    KINDS,
    NOW,
    OPENED,
    PAYSLIP,
    SUBMITTED,
    WITHOUT_CERTIFICATE,
    accepted,
    received,
    screened,
    submitted,
    usable,
)

dossier = Scenario(DOSSIER)

NEW = UUID(int=50)
NEWER = UUID(int=51)


def superseded(document_id: UUID, kind: str, by: UUID) -> DocumentSuperseded:
    return DocumentSuperseded(
        document_id=document_id, kind=kind, superseded_by=by, superseded_at=NOW
    )


def test_a_dossier_opens_with_its_requirements() -> None:
    dossier.given().when(OPEN).then(
        DossierOpened(
            requirement_set_version=1,
            requirements=DEFAULT_REQUIREMENTS.requirements,
            opened_at=NOW,
        )
    )


def test_opening_a_dossier_twice_records_nothing() -> None:
    dossier.given(OPENED).when(OPEN).then_nothing_happens()


@pytest.mark.parametrize(
    "command",
    [
        receive(NEW, "payslip"),
        screening_passed(NEW),
        screening_failed(NEW),
        accept(NEW),
        reject(NEW),
    ],
)
def test_nothing_can_be_done_before_the_dossier_is_open(command: DossierCommand) -> None:
    dossier.given().when(command).then_refused(DossierNotOpen)


def test_a_required_document_is_received() -> None:
    dossier.given(OPENED).when(receive(NEW, "payslip")).then(received(NEW, "payslip", NOW))


def test_a_document_of_a_kind_that_is_not_required_is_refused() -> None:
    dossier.given(OPENED).when(receive(NEW, "passport")).then_refused(
        KindNotRequired, match="passport"
    )


def test_receiving_the_same_document_twice_records_nothing() -> None:
    dossier.given(OPENED, received(NEW, "payslip")).when(
        receive(NEW, "payslip")
    ).then_nothing_happens()


def test_an_accepted_dossier_still_receives_documents() -> None:
    dossier.given(*ACCEPTED).when(receive(NEW, "payslip")).then(received(NEW, "payslip", NOW))


def test_a_passed_screening_is_recorded() -> None:
    dossier.given(OPENED, received(NEW, "payslip")).when(screening_passed(NEW)).then(
        screened(NEW, "payslip", NOW)
    )


@pytest.mark.parametrize("command", [screening_passed(NEW), screening_failed(NEW)])
def test_a_document_that_was_not_received_cannot_be_screened(command: DossierCommand) -> None:
    dossier.given(OPENED).when(command).then_refused(DocumentUnknown, match=str(NEW))


@pytest.mark.parametrize("command", [screening_passed(NEW), screening_failed(NEW)])
def test_the_first_screening_result_is_final(command: DossierCommand) -> None:
    failed = DocumentFailedScreening(
        document_id=NEW, kind="payslip", reason_code="empty", failed_at=NOW
    )

    dossier.given(OPENED, *usable(NEW, "payslip")).when(command).then_nothing_happens()
    dossier.given(OPENED, received(NEW, "payslip"), failed).when(command).then_nothing_happens()


def test_a_failed_screening_is_recorded_with_its_reason() -> None:
    dossier.given(OPENED, received(NEW, "payslip")).when(screening_failed(NEW)).then(
        DocumentFailedScreening(
            document_id=NEW, kind="payslip", reason_code="damaged", failed_at=NOW
        )
    )


def test_a_newer_file_that_fails_the_screening_does_not_supersede_the_older_one() -> None:
    dossier.given(*SUBMITTED, received(NEW, "payslip")).when(screening_failed(NEW)).then(
        DocumentFailedScreening(
            document_id=NEW, kind="payslip", reason_code="damaged", failed_at=NOW
        )
    )


@pytest.mark.parametrize("kind", ["employment_certificate", "employment_contract"])
def test_the_last_missing_document_submits_the_dossier(kind: str) -> None:
    dossier.given(*WITHOUT_CERTIFICATE, received(NEW, kind)).when(screening_passed(NEW)).then(
        screened(NEW, kind, NOW), submitted(FRONT, BACK, PAYSLIP, NEW, at=NOW)
    )


def test_a_second_kind_for_a_requirement_is_added_to_a_submitted_dossier() -> None:
    dossier.given(*SUBMITTED, received(NEW, "employment_contract")).when(
        screening_passed(NEW)
    ).then(screened(NEW, "employment_contract", NOW))


def test_a_newer_document_supersedes_the_older_one_of_its_kind() -> None:
    dossier.given(OPENED, *usable(PAYSLIP, "payslip"), received(NEW, "payslip")).when(
        screening_passed(NEW)
    ).then(screened(NEW, "payslip", NOW), superseded(PAYSLIP, "payslip", NEW))


def test_the_last_received_document_stays_when_an_older_one_is_screened_after_it() -> None:
    dossier.given(OPENED, received(NEW, "payslip"), *usable(NEWER, "payslip")).when(
        screening_passed(NEW)
    ).then(screened(NEW, "payslip", NOW), superseded(NEW, "payslip", NEWER))


def test_an_older_document_screened_late_does_not_reopen_a_submitted_dossier() -> None:
    history = [*WITHOUT_CERTIFICATE, received(NEW, KINDS[CERTIFICATE])]
    history += [*usable(CERTIFICATE, KINDS[CERTIFICATE])]
    history += [submitted(FRONT, BACK, PAYSLIP, CERTIFICATE)]

    dossier.given(*history).when(screening_passed(NEW)).then(
        screened(NEW, KINDS[CERTIFICATE], NOW), superseded(NEW, KINDS[CERTIFICATE], CERTIFICATE)
    )


@pytest.mark.parametrize("history", [SUBMITTED, ACCEPTED], ids=["submitted", "accepted"])
def test_a_newer_document_reopens_the_dossier_and_submits_it_again(
    history: tuple[DocumentReceived, ...],
) -> None:
    dossier.given(*history, received(NEW, "payslip")).when(screening_passed(NEW)).then(
        screened(NEW, "payslip", NOW),
        superseded(PAYSLIP, "payslip", NEW),
        DossierReopened(document_id=PAYSLIP, reopened_at=NOW),
        submitted(FRONT, BACK, CERTIFICATE, NEW, at=NOW),
    )


def test_replacing_a_spare_document_leaves_an_accepted_dossier_accepted() -> None:
    history = (*ACCEPTED, *usable(NEW, "employment_contract"))

    dossier.given(*history, received(NEWER, "employment_contract")).when(
        screening_passed(NEWER)
    ).then(
        screened(NEWER, "employment_contract", NOW),
        superseded(NEW, "employment_contract", NEWER),
    )


def test_an_accepted_contract_keeps_the_dossier_accepted_when_the_certificate_is_replaced() -> None:
    history = (
        *ACCEPTED,
        *usable(NEW, "employment_contract"),
        accepted(NEW, "employment_contract"),
        received(NEWER, KINDS[CERTIFICATE]),
    )

    dossier.given(*history).when(screening_passed(NEWER)).then(
        screened(NEWER, KINDS[CERTIFICATE], NOW), superseded(CERTIFICATE, KINDS[CERTIFICATE], NEWER)
    )


FILES_ERASED = RecordFilesErased(objects=6, bytes=1000, now=NOW)
ERASED = DossierErased(objects=6, bytes=1000, erased_at=NOW)


@pytest.mark.parametrize("history", [(), (OPENED,), SUBMITTED, ACCEPTED])
def test_the_deletion_of_a_persons_files_is_recorded_once(history: tuple[DossierOpened]) -> None:
    dossier.given(*history).when(FILES_ERASED).then(ERASED)
    dossier.given(*history, ERASED).when(FILES_ERASED).then_nothing_happens()


@pytest.mark.parametrize(
    "command",
    [
        receive(NEW, "payslip"),
        screening_passed(FRONT),
        screening_failed(FRONT),
        accept(FRONT),
        reject(FRONT),
    ],
)
def test_an_erased_dossier_refuses_everything(command: DossierCommand) -> None:
    dossier.given(*SUBMITTED, ERASED).when(command).then_refused(DossierGone)


def test_an_application_that_is_read_after_the_erasure_opens_no_dossier() -> None:
    dossier.given(ERASED).when(OPEN).then_nothing_happens()
