"""What a change of documents means for the dossier as a whole: submitted, accepted, reopened."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never

from vinculo.documents.domain.dossier import FIT, Opened, Stage, evolve
from vinculo.documents.domain.dossier_events import (
    DocumentAccepted,
    DocumentRejected,
    DocumentSuperseded,
    DossierAccepted,
    DossierEvent,
    DossierReopened,
    DossierSubmitted,
)


def meaning_of_acceptance(before: Opened, accepted: DocumentAccepted) -> list[DossierEvent]:
    if before.stage is not Stage.SUBMITTED or not _after(before, [accepted]).is_wholly_accepted:
        return []
    return [DossierAccepted(accepted_by=accepted.accepted_by, accepted_at=accepted.accepted_at)]


def meaning_of_changes(
    before: Opened, changes: Sequence[DossierEvent], now: datetime
) -> list[DossierEvent]:
    """Give what newly fit, superseded and rejected documents mean for the dossier as a whole."""
    after = _after(before, changes)
    removed = [
        change.document_id
        for change in changes
        if isinstance(change, DocumentSuperseded | DocumentRejected)
        and before.documents[change.document_id].state in FIT
    ]
    meaning: list[DossierEvent] = []
    if removed and _leaves_short(before, after, changes):
        meaning.append(DossierReopened(document_id=removed[0], reopened_at=now))
    if (before.stage is Stage.OPEN or meaning) and after.is_complete:
        meaning.append(DossierSubmitted(document_ids=after.fit_documents, submitted_at=now))
    return meaning


def _leaves_short(before: Opened, after: Opened, changes: Iterable[DossierEvent]) -> bool:
    """A submitted dossier is reviewed as it was sent; an accepted one rests on acceptances."""
    match before.stage:
        case Stage.OPEN:
            return False
        case Stage.SUBMITTED:
            replaced = any(isinstance(change, DocumentSuperseded) for change in changes)
            return replaced or not after.is_complete
        case Stage.ACCEPTED:
            return not after.is_wholly_accepted
        case _:
            assert_never(before.stage)


def _after(dossier: Opened, events: Iterable[DossierEvent]) -> Opened:
    for event in events:
        evolved = evolve(dossier, event)
        if isinstance(evolved, Opened):
            dossier = evolved
    return dossier
