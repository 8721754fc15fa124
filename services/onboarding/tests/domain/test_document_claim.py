"""A claim is opened once, and granted, refused or expired once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.document_claim import (
    DOCUMENT_CLAIM,
    REASONS_TO_GRANT,
    REASONS_TO_REFUSE,
    UNDECIDED_CLAIMS_END_AFTER,
    ClaimantDetails,
    ClaimDecided,
    ClaimDocument,
    ClaimReason,
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
    ExpireClaim,
    GrantClaim,
    NoSuchClaim,
    ReasonNotFitting,
    RefuseClaim,
    RefuseForAnotherClaim,
)

from ..application_samples import NOW, PERSON

CLAIM, SUBMISSION, CLAIMANT, OPERATOR = (UUID(int=n) for n in range(51, 55))
LATER = NOW + timedelta(days=1)
END = NOW + UNDECIDED_CLAIMS_END_AFTER

DETAILS = ClaimantDetails(
    document_number=PERSON.document_number,
    given_names=PERSON.given_names,
    surnames=PERSON.surnames,
    birth_date=PERSON.birth_date,
    email=PERSON.email,
    phone=PERSON.phone,
    statement="El documento es mío",
)
CLAIM_IT = ClaimDocument(
    claim_id=CLAIM,
    submission_id=SUBMISSION,
    locale="es",
    country="CO",
    document_type="CC",
    claimant=DETAILS,
    now=NOW,
)
OPENED = DocumentClaimOpened(
    claim_id=CLAIM,
    submission_id=SUBMISSION,
    locale="es",
    country="CO",
    document_type="CC",
    opened_at=NOW,
    expires_at=END,
    personal=DETAILS,
)
GRANT = GrantClaim(
    claimant_id=CLAIMANT,
    reason_code=ClaimReason.IDENTITY_PROVED,
    granted_by=OPERATOR,
    now=LATER,
)
GRANTED = DocumentClaimGranted(
    claim_id=CLAIM,
    submission_id=SUBMISSION,
    claimant_id=CLAIMANT,
    reason_code=ClaimReason.IDENTITY_PROVED,
    granted_by=OPERATOR,
    granted_at=LATER,
)
REFUSE = RefuseClaim(reason_code=ClaimReason.EVIDENCE_INSUFFICIENT, refused_by=OPERATOR, now=LATER)
REFUSED = DocumentClaimRefused(
    claim_id=CLAIM,
    submission_id=SUBMISSION,
    reason_code=ClaimReason.EVIDENCE_INSUFFICIENT,
    refused_by=OPERATOR,
    refused_at=LATER,
)
EXPIRED = DocumentClaimExpired(claim_id=CLAIM, submission_id=SUBMISSION, expired_at=END)
ENDS = (GRANTED, REFUSED, EXPIRED)

claim = Scenario(DOCUMENT_CLAIM)


def test_a_claim_is_opened_for_ninety_days() -> None:
    claim.given().when(CLAIM_IT).then(OPENED)
    claim.given(OPENED).when(CLAIM_IT).then()
    claim.given(OPENED, REFUSED).when(CLAIM_IT).then()


def test_an_open_claim_is_granted_or_refused() -> None:
    claim.given(OPENED).when(GRANT).then(GRANTED)
    claim.given(OPENED).when(REFUSE).then(REFUSED)


@pytest.mark.parametrize("command", [GRANT, REFUSE])
def test_an_unknown_claim_is_not_decided(command: GrantClaim | RefuseClaim) -> None:
    claim.given().when(command).then_refused(NoSuchClaim)


@pytest.mark.parametrize("command", [GRANT, REFUSE])
@pytest.mark.parametrize("end", ENDS)
def test_a_claim_is_decided_once(
    command: GrantClaim | RefuseClaim,
    end: DocumentClaimGranted | DocumentClaimRefused | DocumentClaimExpired,
) -> None:
    claim.given(OPENED, end).when(command).then_refused(ClaimDecided)


@pytest.mark.parametrize("command", [GRANT, REFUSE])
def test_a_claim_is_not_decided_after_its_time(command: GrantClaim | RefuseClaim) -> None:
    claim.given(OPENED).when(replace(command, now=END)).then_refused(ClaimDecided)


@pytest.mark.parametrize("reason", ClaimReason)
def test_each_decision_has_its_reasons(reason: ClaimReason) -> None:
    grant = claim.given(OPENED).when(replace(GRANT, reason_code=reason))
    refuse = claim.given(OPENED).when(replace(REFUSE, reason_code=reason))
    if reason in REASONS_TO_GRANT:
        grant.then(replace(GRANTED, reason_code=reason))
    else:
        grant.then_refused(ReasonNotFitting)
    if reason in REASONS_TO_REFUSE:
        refuse.then(replace(REFUSED, reason_code=reason))
    else:
        refuse.then_refused(ReasonNotFitting)


def test_an_undecided_claim_expires_in_time() -> None:
    early = END - timedelta(seconds=1)
    claim.given(OPENED).when(ExpireClaim(now=early)).then()
    claim.given(OPENED).when(ExpireClaim(now=END)).then(EXPIRED)
    claim.given().when(ExpireClaim(now=END)).then()
    claim.given(OPENED, GRANTED).when(ExpireClaim(now=END)).then()


def test_an_open_claim_is_refused_with_the_grant_of_another() -> None:
    command = RefuseForAnotherClaim(granted_by=OPERATOR, now=LATER)
    refused = replace(
        REFUSED,
        reason_code=ClaimReason.GRANTED_TO_ANOTHER,
        refused_by=OPERATOR,
        refused_at=LATER,
    )

    claim.given(OPENED).when(command).then(refused)
    claim.given(OPENED).when(replace(command, now=END)).then(replace(refused, refused_at=END))
    claim.given(OPENED, EXPIRED).when(command).then()
    claim.given().when(command).then()


def test_a_claim_ends_with_the_erasure_of_the_holder() -> None:
    claim.given(OPENED).when(ExpireClaim(holder_erased=True, now=LATER)).then(
        replace(EXPIRED, expired_at=LATER)
    )
