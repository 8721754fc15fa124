"""What holds of every dossier, whatever is asked of it and in whatever order."""

from collections.abc import Iterable
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.documents.domain.dossier import (
    DocumentState,
    DossierAccepted,
    DossierEvent,
    DossierReopened,
    DossierSubmitted,
    Opened,
    Stage,
)
from vinculo.documents.domain.dossier_decisions import (
    DOSSIER,
    AcceptDocument,
    DossierCommand,
    DossierRefused,
    OpenDossier,
    ReceiveDocument,
    RecordFitFile,
    RecordUnfitFile,
    RejectDocument,
)

from ..dossier_history import NOW, REVIEWER, USUAL_REQUIREMENTS

DOCUMENTS = st.integers(min_value=1, max_value=9).map(lambda number: UUID(int=number))
KINDS = st.sampled_from(
    [kind for requirement in USUAL_REQUIREMENTS.requirements for kind in requirement.kinds]
)


def fit(document_id: UUID) -> DossierCommand:
    return RecordFitFile(
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
    DOCUMENTS.map(fit),
    st.builds(
        RecordUnfitFile, document_id=DOCUMENTS, reason_code=st.just("damaged"), now=st.just(NOW)
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


def asked(commands: Iterable[DossierCommand]) -> tuple[list[DossierEvent], Opened]:
    history: list[DossierEvent] = list(
        DOSSIER.decide(OpenDossier(requirement_set=USUAL_REQUIREMENTS, now=NOW), DOSSIER.initial)
    )
    for command in commands:
        state = DOSSIER.fold(history)
        try:
            decided = list(DOSSIER.decide(command, state))
        except DossierRefused:
            continue
        history += decided
        assert list(DOSSIER.decide(command, DOSSIER.fold(history))) == []
    state = DOSSIER.fold(history)
    assert isinstance(state, Opened)
    return history, state


@settings(deadline=None)
@given(st.lists(COMMANDS, max_size=60))
def test_the_stage_is_always_what_the_documents_say(commands: list[DossierCommand]) -> None:
    _, state = asked(commands)

    assert (state.stage is not Stage.OPEN) == state.is_complete
    assert (state.stage is Stage.ACCEPTED) == state.is_wholly_accepted


@settings(deadline=None)
@given(st.lists(COMMANDS, max_size=60))
def test_submission_acceptance_and_reopening_alternate(commands: list[DossierCommand]) -> None:
    history, _ = asked(commands)
    stages: list[type[DossierEvent]] = [
        type(event)
        for event in history
        if isinstance(event, DossierSubmitted | DossierAccepted | DossierReopened)
    ]

    allowed: dict[type[DossierEvent], set[type[DossierEvent]]] = {
        DossierSubmitted: {DossierReopened, DossierAccepted},
        DossierAccepted: {DossierReopened},
        DossierReopened: {DossierSubmitted},
    }
    assert stages[:1] in ([], [DossierSubmitted])
    for earlier, later in pairwise(stages):
        assert later in allowed[earlier]


@settings(deadline=None)
@given(st.lists(COMMANDS, max_size=60))
def test_at_most_one_document_of_a_kind_waits_or_stands(commands: list[DossierCommand]) -> None:
    _, state = asked(commands)
    for kind in {document.kind for document in state.documents.values()}:
        standing = [
            document
            for document in state.documents.values()
            if document.kind == kind
            and document.state in {DocumentState.SCREENED, DocumentState.ACCEPTED}
        ]
        assert len(standing) <= 1
