"""Any sequence of commands gives events that fold, in a valid order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from vinculo.events.personal import Erased, Sealed
from vinculo.onboarding.domain.account import (
    AccountEvent,
    Channel,
    Confirmation,
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
    Contact,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    ContactReplaced,
    PhoneVerified,
)
from vinculo.onboarding.domain.account_decisions import (
    AccountRefused,
    ChangePassword,
    ConfirmContactChange,
    GiveConsent,
    IssuePhoneCode,
    RequestContactChange,
    RequestPasswordReset,
    ResetPassword,
    VerifyPhone,
    WithdrawConsent,
)
from vinculo.onboarding.domain.activation_decisions import (
    AbandonApplication,
    ActivateSubmission,
    ApplicationRefused,
    CorrectEmail,
    DismissDispute,
    DisputeDismissal,
    DropExpiredSubmission,
    IssueActivationLink,
    LapseApplication,
    MoveReservation,
    TakeOverReservation,
)
from vinculo.onboarding.domain.application import (
    ApplicantErased,
    Application,
    ApplicationAbandoned,
    ApplicationCompleted,
    ApplicationEvent,
    EmploymentDeclared,
    ReservationMoved,
    ReservationTakenOver,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    ApplicationCommand,
    CompleteApplication,
    DeclareEmployment,
    EraseApplicant,
    RecordDocumentsProvided,
    RegisterApplicant,
    RepeatRegistration,
)
from vinculo.onboarding.domain.employment import ContractType
from vinculo.onboarding.domain.identity_correction import (
    ApproveIdentityCorrection,
    CorrectIdentity,
    CorrectionRefusal,
    CorrectionRefused,
    IdentityCorrected,
    IdentityCorrectionEvent,
    IdentityCorrectionRequested,
    RefuseIdentityCorrection,
    RequestIdentityCorrection,
)
from vinculo.onboarding.domain.submission import (
    ActivationLink,
    ApplicationStarted,
    EmailCorrected,
    EmailVerifiedV2,
    SubmissionDropped,
    SubmissionReceived,
)
from vinculo.onboarding.forms.fields import LANGUAGES

from ..application_samples import EMPLOYMENT, IDENTITY, PERSON, PERSONAL_DATA

moments = st.integers(0, 72).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)

few_ids = st.integers(1, 3).map(lambda number: UUID(int=number))

channels = st.sampled_from(Channel)

links = st.builds(ActivationLink, link_id=few_ids, expires_at=moments)

confirmations = st.builds(Confirmation, id=few_ids, expires_at=moments)

commands: st.SearchStrategy[ApplicationCommand] = st.one_of(
    st.builds(
        RegisterApplicant,
        registration_id=few_ids,
        project=st.just("default"),
        channel=channels,
        locale=st.sampled_from(LANGUAGES),
        country=st.just("CO"),
        document_type=st.just("CC"),
        person=st.just(PERSON),
        consents=st.sampled_from([(), (PERSONAL_DATA,)]),
        link=links,
        now=moments,
    ),
    st.builds(
        RepeatRegistration,
        submission_id=few_ids,
        project=st.just("default"),
        channel=channels,
        locale=st.sampled_from(LANGUAGES),
        country=st.just("CO"),
        document_type=st.just("CC"),
        person=st.just(PERSON),
        consents=st.sampled_from([(), (PERSONAL_DATA,)]),
        link=links,
        differs=st.booleans(),
        now=moments,
    ),
    st.builds(IssueActivationLink, submission_id=few_ids, link=links, now=moments),
    st.builds(
        ActivateSubmission,
        submission_id=few_ids,
        link_id=few_ids,
        person=st.just(PERSON),
        now=moments,
    ),
    st.builds(DropExpiredSubmission, submission_id=few_ids, now=moments),
    st.builds(AbandonApplication, now=moments),
    st.builds(
        DismissDispute,
        reason_code=st.sampled_from(DisputeDismissal),
        dismissed_by=few_ids,
        now=moments,
    ),
    st.builds(
        DeclareEmployment,
        payer_id=few_ids,
        contract_type=st.sampled_from(ContractType),
        currency=st.just("COP"),
        employment=st.just(EMPLOYMENT),
        now=moments,
    ),
    st.builds(RecordDocumentsProvided, provided_at=moments),
    st.builds(CompleteApplication, now=moments),
    st.builds(EraseApplicant, now=moments),
    st.builds(RequestPasswordReset, link=confirmations, now=moments),
    st.builds(ResetPassword, link_id=few_ids, now=moments),
    st.builds(ChangePassword, now=moments),
    st.builds(
        RequestContactChange,
        change=confirmations,
        kind=st.sampled_from(ContactKind),
        contact=st.just(Contact(contact="new@example.com")),
        now=moments,
    ),
    st.builds(
        ConfirmContactChange,
        change_id=few_ids,
        kind=st.sampled_from(ContactKind),
        replaced=st.just(ContactReplaced(contact="new@example.com", previous="old@example.com")),
        now=moments,
    ),
    st.builds(IssuePhoneCode, code=confirmations, now=moments),
    st.builds(VerifyPhone, code_id=few_ids, now=moments),
    st.builds(
        GiveConsent,
        purpose=st.sampled_from(ConsentPurpose),
        text_version=st.sampled_from(["2026-01", "2026-02"]),
        text_sha256=st.just("ab" * 32),
        channel=channels,
        now=moments,
    ),
    st.builds(
        WithdrawConsent,
        purpose=st.sampled_from(ConsentPurpose),
        channel=channels,
        now=moments,
    ),
    *(
        st.builds(
            kind,
            correction_id=few_ids,
            country=st.just("CO"),
            document_type=st.just("CC"),
            identity=st.just(IDENTITY),
            now=moments,
        )
        for kind in (CorrectIdentity, RequestIdentityCorrection)
    ),
    st.builds(
        ApproveIdentityCorrection,
        correction_id=few_ids,
        person_id=few_ids,
        identity=st.just(IDENTITY),
        decided_by=few_ids,
        now=moments,
    ),
    st.builds(
        RefuseIdentityCorrection,
        correction_id=few_ids,
        person_id=few_ids,
        reason_code=st.sampled_from(CorrectionRefusal),
        note=st.just(None),
        refused_by=few_ids,
        now=moments,
    ),
    st.builds(
        CorrectEmail,
        submission_id=few_ids,
        email=st.just(Contact(contact="a@b.co")),
        link=links,
        now=moments,
    ),
    st.builds(LapseApplication, lapsed_at=moments),
    st.builds(TakeOverReservation, now=moments),
    st.builds(
        MoveReservation,
        claim_id=few_ids,
        person_id=few_ids,
        claimant_id=few_ids,
        now=moments,
    ),
)


def decided(tried: list[ApplicationCommand]) -> list[ApplicationEvent]:
    history: list[ApplicationEvent] = []
    for command in tried:
        try:
            history += APPLICATION.decide(command, APPLICATION.fold(history))
        except (ApplicationRefused, AccountRefused, CorrectionRefused):
            continue
    return history


def _without_personal(event: ApplicationEvent, instead: Sealed | Erased) -> ApplicationEvent:
    match event:
        case (
            ApplicationStarted()
            | EmploymentDeclared()
            | ContactChangeRequested()
            | ContactChanged()
            | IdentityCorrected()
            | IdentityCorrectionRequested()
            | EmailCorrected()
            | EmailVerifiedV2()
            | SubmissionReceived()
        ):
            return replace(event, personal=instead)
        case _:
            return event


def _attempt(command: ApplicationCommand, state: Application) -> list[ApplicationEvent] | Exception:
    try:
        return list(APPLICATION.decide(command, state))
    except (ApplicationRefused, AccountRefused, CorrectionRefused) as refused:
        return refused


@given(st.lists(commands, max_size=30))
def test_any_decided_history_folds_and_is_in_a_valid_order(
    tried: list[ApplicationCommand],
) -> None:
    history = decided(tried)
    kinds = [type(event) for event in history]

    assert kinds.count(ApplicationStarted) <= 1
    assert kinds.count(EmailVerifiedV2) <= 1
    assert kinds.count(ApplicationCompleted) <= 1
    assert kinds.count(PhoneVerified) <= 1
    if kinds:
        assert kinds[0] is ApplicationStarted
    if ApplicantErased in kinds:
        assert kinds.index(ApplicantErased) == len(kinds) - 1
    assert not any(
        isinstance(event, ConsentWithdrawn) and event.purpose is ConsentPurpose.PERSONAL_DATA
        for event in history
    )
    if ReservationTakenOver in kinds:
        after = kinds[kinds.index(ReservationTakenOver) + 1 :]
        assert EmailVerifiedV2 not in kinds
        assert after in ([], [ApplicantErased])
    if ReservationMoved in kinds:
        after = kinds[kinds.index(ReservationMoved) + 1 :]
        assert {*after} <= {SubmissionDropped, ApplicantErased}
    if ApplicationAbandoned in kinds:
        assert EmailVerifiedV2 not in kinds
        assert kinds[kinds.index(ApplicationAbandoned) + 1 :] in ([], [ApplicantErased])
    of_the_account = {*get_args(AccountEvent), *get_args(IdentityCorrectionEvent)} - {ConsentGiven}
    for later in (EmploymentDeclared, ApplicationCompleted, *of_the_account):
        if later in kinds:
            assert EmailVerifiedV2 in kinds[: kinds.index(later)]


@given(st.lists(commands, max_size=30), commands)
def test_the_same_is_decided_after_the_key_is_destroyed(
    tried: list[ApplicationCommand], following: ApplicationCommand
) -> None:
    history = decided(tried)
    sealed = Sealed(UUID(int=1), UUID(int=2), {"v": 1})
    read_back = [_without_personal(event, sealed) for event in history]
    erased = [_without_personal(event, Erased()) for event in history]

    outcomes = {
        str(_attempt(following, APPLICATION.fold(events)))
        for events in (history, read_back, erased)
    }

    assert len(outcomes) == 1


@given(st.lists(commands, max_size=30), st.randoms())
def test_folding_never_raises_whatever_the_order(
    tried: list[ApplicationCommand], chance: Random
) -> None:
    history = decided(tried)
    chance.shuffle(history)

    APPLICATION.fold(history)
