"""A dossier read becomes an answer."""

from typing import Any

from vinculo.documents.bodies import DocumentAnswer, RequirementAnswer
from vinculo.documents.domain.dossier import DocumentState
from vinculo.documents.domain.dossier_events import Requirement
from vinculo.documents.dossier_reading import ReadDossier


def dossier_fields(dossier: ReadDossier) -> dict[str, Any]:
    """Give the fields of a DossierAnswer."""
    view = dossier.view
    return {
        "status": view.stage.value,
        "requirements": [_requirement(dossier, each) for each in view.requirements],
        "documents": [
            DocumentAnswer(
                document_id=each.document_id,
                kind=each.kind,
                media_type=each.media_type,
                size_bytes=each.size_bytes,
                received_at=each.received_at,
                state=each.state.value,
                reason=each.reason,
                note=dossier.notes.get(each.document_id),
            )
            for each in view.documents
        ],
    }


def _requirement(dossier: ReadDossier, requirement: Requirement) -> RequirementAnswer:
    """A file that was unfit leaves its requirement missing, with the reason why."""
    telling = dossier.view.standing(requirement)
    state, reason = "missing", None
    if telling is not None:
        state = "missing" if telling.state is DocumentState.FAILED else telling.state.value
        reason = telling.reason
    return RequirementAnswer.model_validate(
        {
            "code": requirement.code,
            "kinds": requirement.kinds,
            "state": state,
            "reason": reason,
            "note": dossier.notes.get(requirement.code),
        }
    )
