"""The table from refusals to problems, and the titles of the problems."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.customer_registry.application.erasures import ErasureIsUnknown
from vinculo.customer_registry.application.queries import RequirementsNotEvaluated
from vinculo.customer_registry.domain import customer_refusals as refusals
from vinculo.customer_registry.domain.customer import ReasonCode, Status
from vinculo.httpapi import Problem, ProblemType, responds_with

CHANGE_REFUSALS: Final = (
    refusals.PersonIsUnknown,
    refusals.RecordIsErased,
    refusals.CannotChangeOwnRecord,
)
_UNMET: Final = {
    "unmet": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Codes of the requirements that are not met.",
    }
}
_STATUS: Final = {"type": "string", "enum": [status.value for status in Status]}
_STATUSES: Final = {
    "from_status": {**_STATUS, "description": "The status that the record has."},
    "to_status": {**_STATUS, "description": "The requested status."},
}

_REASONS: Final = {
    "reason_codes": {
        "type": "array",
        "items": {"type": "string", "enum": [reason.value for reason in ReasonCode]},
        "description": "The reasons that fit the change.",
    }
}


@responds_with(ProblemType(422, "reason-does-not-fit", members=_REASONS))
def _reason_does_not_fit(refusal: refusals.ReasonDoesNotFit) -> Problem:
    fitting = [reason.value for reason in refusal.fitting]
    return Problem(422, "reason-does-not-fit", extensions={"reason_codes": fitting})


@responds_with(ProblemType(409, "requirements-not-met", members=_UNMET))
def _requirements_not_met(refusal: refusals.RequirementsNotMet) -> Problem:
    return Problem(409, "requirements-not-met", extensions={"unmet": list(refusal.unmet)})


@responds_with(ProblemType(409, "move-not-allowed", members=_STATUSES))
def _transition_not_allowed(refusal: refusals.TransitionNotAllowed) -> Problem:
    statuses = {"from_status": refusal.from_status.value, "to_status": refusal.to_status.value}
    return Problem(409, "move-not-allowed", extensions=statuses)


REFUSALS: Final[Mapping[type[Exception], tuple[int, str] | Callable[[Any], Problem]]] = (
    MappingProxyType(
        {
            refusals.RecordChanged: (412, "version-changed"),
            refusals.PersonIsUnknown: (404, "person-unknown"),
            refusals.RecordIsErased: (410, "record-erased"),
            refusals.CannotChangeOwnRecord: (403, "own-record"),
            refusals.UnblockingNeedsAdministrator: (403, "unblocking-needs-administrator"),
            refusals.NotACustomer: (409, "not-a-customer"),
            refusals.ActivationOutstanding: (409, "activation-outstanding"),
            refusals.IdentityIsDisputed: (409, "identity-disputed"),
            refusals.ReasonIsReserved: (422, "reason-reserved"),
            refusals.ReasonDoesNotFit: _reason_does_not_fit,
            refusals.NoteIsMissing: (422, "note-missing"),
            refusals.RecordIsBlocked: (409, "record-blocked"),
            refusals.TransitionNotAllowed: _transition_not_allowed,
            refusals.RequirementsNotMet: _requirements_not_met,
            RequirementsNotEvaluated: (404, "not-evaluated"),
            ErasureIsUnknown: (404, "erasure-unknown"),
        }
    )
)
