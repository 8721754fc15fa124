from dataclasses import replace
from uuid import UUID

import pytest

from vinculo.documents.domain.dossier import (
    DocumentFailedScreening,
    DocumentSuperseded,
    DossierAccepted,
    DossierReopened,
    RejectionNote,
)
from vinculo.documents.domain.dossier_decisions import (
    DOSSIER,
    DocumentNotScreened,
    DocumentRejectedAlready,
    DocumentReplaced,
    DocumentUnknown,
    DossierCommand,
    NoteIsMissing,
)
from vinculo.events import Sealed
from vinculo.events.testing import Scenario

from ..dossier_commands import accept, reject, screening_passed
from ..dossier_history import (
    ACCEPTED,
    ALL_BUT_ONE_ACCEPTED,
    BACK,
    BEFORE,
    CERTIFICATE,
    FRONT,
    KINDS,
    NOW,
    OPENED,
    PAYSLIP,
    REVIEWER,
    SUBMITTED,
    WITHOUT_CERTIFICATE,
    accepted,
    received,
    rejected,
    screened,
    submitted,
    usable,
)

dossier = Scenario(DOSSIER)

NEW = UUID(int=50)
OTHER_REVIEWER = UUID(int=101)
NOTE = RejectionNote(note="La foto está cortada.")


def test_a_screened_document_is_accepted() -> None:
    dossier.given(*SUBMITTED).when(accept(PAYSLIP)).then(accepted(PAYSLIP, "payslip", NOW))


def test_a_screened_document_is_accepted_before_the_dossier_is_complete() -> None:
    dossier.given(*WITHOUT_CERTIFICATE).when(accept(PAYSLIP)).then(
        accepted(PAYSLIP, "payslip", NOW)
    )


def test_the_last_acceptance_accepts_the_dossier() -> None:
    dossier.given(*ALL_BUT_ONE_ACCEPTED).when(accept(CERTIFICATE)).then(
        accepted(CERTIFICATE, KINDS[CERTIFICATE], NOW),
        DossierAccepted(accepted_by=REVIEWER, accepted_at=NOW),
    )


def test_one_accepted_kind_is_enough_for_a_requirement() -> None:
    history = (*ALL_BUT_ONE_ACCEPTED, *usable(NEW, "employment_contract"))

    dossier.given(*history).when(accept(NEW)).then(
        accepted(NEW, "employment_contract", NOW),
        DossierAccepted(accepted_by=REVIEWER, accepted_at=NOW),
    )


def test_accepting_a_spare_document_does_not_accept_the_dossier_again() -> None:
    history = (*ACCEPTED, *usable(NEW, "employment_contract"))

    dossier.given(*history).when(accept(NEW)).then(accepted(NEW, "employment_contract", NOW))


def test_accepting_twice_records_nothing_even_by_another_reviewer() -> None:
    dossier.given(*ACCEPTED).when(accept(PAYSLIP)).then_nothing_happens()
    dossier.given(*ACCEPTED).when(accept(PAYSLIP, by=OTHER_REVIEWER)).then_nothing_happens()


def test_a_rejected_document_cannot_be_accepted() -> None:
    dossier.given(*SUBMITTED, rejected(PAYSLIP, "payslip")).when(accept(PAYSLIP)).then_refused(
        DocumentRejectedAlready, match=str(PAYSLIP)
    )


@pytest.mark.parametrize("command", [accept(NEW), reject(NEW)], ids=["accept", "reject"])
def test_only_a_known_document_is_reviewed(command: DossierCommand) -> None:
    dossier.given(*SUBMITTED).when(command).then_refused(DocumentUnknown, match=str(NEW))


@pytest.mark.parametrize("command", [accept(NEW), reject(NEW)], ids=["accept", "reject"])
def test_only_a_screened_document_is_reviewed(command: DossierCommand) -> None:
    failed = DocumentFailedScreening(
        document_id=NEW, kind="payslip", reason_code="empty", failed_at=BEFORE
    )

    dossier.given(OPENED, received(NEW, "payslip")).when(command).then_refused(DocumentNotScreened)
    dossier.given(OPENED, received(NEW, "payslip"), failed).when(command).then_refused(
        DocumentNotScreened
    )


@pytest.mark.parametrize("command", [accept(PAYSLIP), reject(PAYSLIP)], ids=["accept", "reject"])
def test_a_replaced_document_is_not_reviewed(command: DossierCommand) -> None:
    replaced = DocumentSuperseded(
        document_id=PAYSLIP, kind="payslip", superseded_by=NEW, superseded_at=BEFORE
    )

    dossier.given(*SUBMITTED, *usable(NEW, "payslip"), replaced).when(command).then_refused(
        DocumentReplaced
    )


def test_a_rejection_for_another_reason_needs_a_note() -> None:
    rejection = replace(reject(PAYSLIP), reason_code="other")

    dossier.given(*SUBMITTED).when(rejection).then_refused(NoteIsMissing)
    dossier.given(*SUBMITTED).when(replace(rejection, note=NOTE)).then(
        replace(rejected(PAYSLIP, "payslip", NOTE), reason_code="other"),
        DossierReopened(document_id=PAYSLIP, reopened_at=NOW),
    )


def test_a_rejection_reopens_a_submitted_dossier_and_keeps_the_note() -> None:
    dossier.given(*SUBMITTED).when(reject(PAYSLIP, NOTE)).then(
        rejected(PAYSLIP, "payslip", NOTE),
        DossierReopened(document_id=PAYSLIP, reopened_at=NOW),
    )


def test_a_rejection_in_an_incomplete_dossier_reopens_nothing() -> None:
    dossier.given(*WITHOUT_CERTIFICATE).when(reject(PAYSLIP)).then(rejected(PAYSLIP, "payslip"))


def test_an_accepted_document_can_be_rejected_which_reopens_the_dossier() -> None:
    dossier.given(*ACCEPTED).when(reject(PAYSLIP)).then(
        rejected(PAYSLIP, "payslip"),
        DossierReopened(document_id=PAYSLIP, reopened_at=NOW),
    )


def test_a_rejected_certificate_beside_a_screened_contract_leaves_the_dossier_submitted() -> None:
    history = (*SUBMITTED, *usable(NEW, "employment_contract"))

    dossier.given(*history).when(reject(CERTIFICATE)).then(
        rejected(CERTIFICATE, KINDS[CERTIFICATE])
    )


def test_an_accepted_dossier_returns_to_review_when_only_a_screened_contract_is_left() -> None:
    history = (*ACCEPTED, *usable(NEW, "employment_contract"))

    dossier.given(*history).when(reject(CERTIFICATE)).then(
        rejected(CERTIFICATE, KINDS[CERTIFICATE]),
        DossierReopened(document_id=CERTIFICATE, reopened_at=NOW),
        submitted(FRONT, BACK, PAYSLIP, NEW, at=NOW),
    )


def test_rejecting_a_spare_document_leaves_an_accepted_dossier_accepted() -> None:
    history = (*ACCEPTED, *usable(NEW, "employment_contract"))

    dossier.given(*history).when(reject(NEW)).then(rejected(NEW, "employment_contract"))


def test_rejecting_twice_records_nothing() -> None:
    history = (*SUBMITTED, rejected(PAYSLIP, "payslip"))

    dossier.given(*history).when(reject(PAYSLIP, NOTE)).then_nothing_happens()


def test_a_new_file_after_a_rejection_submits_the_dossier_again() -> None:
    history = (
        *SUBMITTED,
        rejected(PAYSLIP, "payslip"),
        DossierReopened(document_id=PAYSLIP, reopened_at=BEFORE),
        received(NEW, "payslip"),
    )

    dossier.given(*history).when(screening_passed(NEW)).then(
        screened(NEW, "payslip", NOW), submitted(FRONT, BACK, CERTIFICATE, NEW, at=NOW)
    )


def test_decisions_are_the_same_when_notes_are_not_decrypted() -> None:
    sealed = Sealed(UUID(int=7), UUID(int=8), {"v": 1})
    history = (*SUBMITTED, rejected(PAYSLIP, "payslip", sealed))

    dossier.given(*history).when(reject(PAYSLIP)).then_nothing_happens()
