"""An identity is corrected at once, or after an operator's approval."""

from dataclasses import replace
from uuid import UUID

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.activation_decisions import NoSuchApplication
from vinculo.onboarding.domain.application_decisions import APPLICATION, EmailNotVerified
from vinculo.onboarding.domain.identity_correction import (
    ApproveIdentityCorrection,
    CorrectIdentity,
    CorrectionDecided,
    CorrectionNote,
    CorrectionOpenAlready,
    CorrectionRefusal,
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
    NoSuchCorrection,
    OwnRecordCorrection,
    RefusalNoteIsMissing,
    RefuseIdentityCorrection,
    RequestIdentityCorrection,
)

from ..application_samples import ACTIVE, ERASED, IDENTITY, NOW, REGISTERED

ID, OPERATOR, PERSON_ID = UUID(int=41), UUID(int=42), UUID(int=43)

NOTE = CorrectionNote(note="No corresponde al documento")

CORRECT = CorrectIdentity(
    correction_id=ID, country="CO", document_type="CE", identity=IDENTITY, now=NOW
)

REQUEST = RequestIdentityCorrection(
    correction_id=ID, country="CO", document_type="CE", identity=IDENTITY, now=NOW
)

APPROVE = ApproveIdentityCorrection(
    correction_id=ID, person_id=PERSON_ID, identity=IDENTITY, decided_by=OPERATOR, now=NOW
)

REFUSE = RefuseIdentityCorrection(
    correction_id=ID,
    person_id=PERSON_ID,
    reason_code=CorrectionRefusal.NOT_PROVED,
    note=NOTE,
    refused_by=OPERATOR,
    now=NOW,
)

REQUESTED = IdentityCorrectionRequested(
    correction_id=ID, country="CO", document_type="CE", requested_at=NOW, personal=IDENTITY
)

CORRECTED = IdentityCorrected(
    correction_id=ID,
    country="CO",
    document_type="CE",
    decided_by=None,
    corrected_at=NOW,
    personal=IDENTITY,
)

APPROVED = replace(CORRECTED, decided_by=OPERATOR)

REFUSED = IdentityCorrectionRefused(
    correction_id=ID,
    reason_code=CorrectionRefusal.NOT_PROVED,
    refused_by=OPERATOR,
    refused_at=NOW,
    personal=NOTE,
)

OTHER = UUID(int=44)

application = Scenario(APPLICATION)


def test_a_pre_customer_is_corrected_without_approval() -> None:
    application.given(*ACTIVE).when(CORRECT).then(CORRECTED)


def test_the_same_correction_again_records_nothing() -> None:
    application.given(*ACTIVE, CORRECTED).when(CORRECT).then_nothing_happens()
    application.given(*ACTIVE, REQUESTED).when(REQUEST).then_nothing_happens()


def test_only_an_active_account_is_corrected() -> None:
    application.given(*REGISTERED).when(CORRECT).then_refused(EmailNotVerified)
    application.given(*ACTIVE, ERASED).when(REQUEST).then_refused(NoSuchApplication)


def test_a_customer_requests_a_correction() -> None:
    application.given(*ACTIVE).when(REQUEST).then(REQUESTED)
    again = replace(REQUEST, correction_id=OTHER)
    application.given(*ACTIVE, REQUESTED, REFUSED).when(again).then(
        replace(REQUESTED, correction_id=OTHER)
    )


def test_one_correction_at_a_time_is_open() -> None:
    another = replace(REQUEST, correction_id=OTHER)

    application.given(*ACTIVE, REQUESTED).when(another).then_refused(CorrectionOpenAlready)
    application.given(*ACTIVE, REQUESTED).when(CORRECT).then_refused(CorrectionOpenAlready)


def test_an_operator_approves_a_requested_correction() -> None:
    application.given(*ACTIVE, REQUESTED).when(APPROVE).then(APPROVED)


def test_an_operator_refuses_with_a_reason() -> None:
    application.given(*ACTIVE, REQUESTED).when(REFUSE).then(REFUSED)


def test_repeating_a_decision_records_nothing() -> None:
    application.given(*ACTIVE, REQUESTED, APPROVED).when(APPROVE).then_nothing_happens()
    application.given(*ACTIVE, REQUESTED, REFUSED).when(REFUSE).then_nothing_happens()


def test_a_decision_stands() -> None:
    application.given(*ACTIVE, REQUESTED, REFUSED).when(APPROVE).then_refused(CorrectionDecided)
    application.given(*ACTIVE, REQUESTED, APPROVED).when(REFUSE).then_refused(CorrectionDecided)


def test_only_a_requested_correction_is_decided() -> None:
    application.given(*ACTIVE).when(APPROVE).then_refused(NoSuchCorrection)
    other = replace(REFUSE, correction_id=OTHER)
    application.given(*ACTIVE, REQUESTED).when(other).then_refused(NoSuchCorrection)


def test_an_operator_cannot_decide_on_their_own_record() -> None:
    own = replace(APPROVE, decided_by=PERSON_ID)
    own_refusal = replace(REFUSE, refused_by=PERSON_ID)

    application.given(*ACTIVE, REQUESTED).when(own).then_refused(OwnRecordCorrection)
    application.given(*ACTIVE, REQUESTED).when(own_refusal).then_refused(OwnRecordCorrection)


def test_another_reason_needs_a_note() -> None:
    refusal = replace(REFUSE, reason_code=CorrectionRefusal.OTHER)

    application.given(*ACTIVE, REQUESTED).when(replace(refusal, note=None)).then_refused(
        RefusalNoteIsMissing
    )
    application.given(*ACTIVE, REQUESTED).when(refusal).then(
        replace(REFUSED, reason_code=CorrectionRefusal.OTHER)
    )
