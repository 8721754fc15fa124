"""Invariants of a dossier under random commands in any order."""

from collections.abc import Iterable
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from vinculo.documents.domain.dossier import (
    DocumentState,
    DossierAccepted,
    DossierEvent,
    DossierReopened,
    DossierStatus,
    DossierSubmitted,
    OpenedDossier,
)
from vinculo.documents.domain.dossier_decisions import (
    DOSSIER,
    AcceptDocument,
    DossierCommand,
    DossierRefused,
    OpenDossier,
    ReceiveDocument,
    RecordScreeningFailed,
    RecordScreeningPassed,
    RejectDocument,
)

from ..dossier_history import DEFAULT_REQUIREMENTS, NOW, REVIEWER

DOCUMENTS = st.integers(min_value=1, max_value=9).map(lambda number: UUID(int=number))
KINDS = st.sampled_from(
    [kind for requirement in DEFAULT_REQUIREMENTS.requirements for kind in requirement.kinds]
)


def screening_passed(document_id: UUID) -> DossierCommand:
    return RecordScreeningPassed(
        document_id=document_id, media_type="image/png", size_bytes=1, sha256="a" * 64, now=NOW
    )


COMMANDS = st.one_of(
    st.builds(
        ReceiveDocument,
        document_id=DOCUMENTS,
        kind=KINDS,
        media_type=st.just("image/png"),
        size_bytes=st.just(1),
        sha256=st.just("a" * 64),
        now=st.just(NOW),
    ),
    DOCUMENTS.map(screening_passed),
    st.builds(
        RecordScreeningFailed,
        document_id=DOCUMENTS,
        reason_code=st.just("damaged"),
        now=st.just(NOW),
    ),
    st.builds(
        AcceptDocument, document_id=DOCUMENTS, accepted_by=st.just(REVIEWER), now=st.just(NOW)
    ),
    st.builds(
        RejectDocument,
        document_id=DOCUMENTS,
        reason_code=st.just("other"),
        note=st.none(),
        rejected_by=st.just(REVIEWER),
        now=st.just(NOW),
    ),
)


def decided(commands: Iterable[DossierCommand]) -> tuple[list[DossierEvent], OpenedDossier]:
    history: list[DossierEvent] = list(
        DOSSIER.decide(OpenDossier(requirement_set=DEFAULT_REQUIREMENTS, now=NOW), DOSSIER.initial)
    )
    for command in commands:
        state = DOSSIER.fold(history)
        try:
            events = list(DOSSIER.decide(command, state))
        except DossierRefused:
            continue
        history += events
        assert list(DOSSIER.decide(command, DOSSIER.fold(history))) == []
    state = DOSSIER.fold(history)
    assert isinstance(state, OpenedDossier)
    return history, state


@given(st.lists(COMMANDS, max_size=60))
def test_the_status_always_agrees_with_the_documents(commands: list[DossierCommand]) -> None:
    _, state = decided(commands)

    assert (state.status is not DossierStatus.OPEN) == state.is_complete
    assert (state.status is DossierStatus.ACCEPTED) == state.is_fully_accepted


@given(st.lists(COMMANDS, max_size=60))
def test_submission_acceptance_and_reopening_alternate(commands: list[DossierCommand]) -> None:
    history, _ = decided(commands)
    changes: list[type[DossierEvent]] = [
        type(event)
        for event in history
        if isinstance(event, DossierSubmitted | DossierAccepted | DossierReopened)
    ]

    allowed: dict[type[DossierEvent], set[type[DossierEvent]]] = {
        DossierSubmitted: {DossierReopened, DossierAccepted},
        DossierAccepted: {DossierReopened},
        DossierReopened: {DossierSubmitted},
    }
    assert changes[:1] in ([], [DossierSubmitted])
    for earlier, later in pairwise(changes):
        assert later in allowed[earlier]


@given(st.lists(COMMANDS, max_size=60))
def test_at_most_one_document_of_a_kind_is_usable(commands: list[DossierCommand]) -> None:
    _, state = decided(commands)
    for kind in {document.kind for document in state.documents.values()}:
        usable = [
            document
            for document in state.documents.values()
            if document.kind == kind
            and document.state in {DocumentState.SCREENED, DocumentState.ACCEPTED}
        ]
        assert len(usable) <= 1
