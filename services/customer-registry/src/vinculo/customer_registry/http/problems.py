"""The table from refusals to problems, and the titles of the problems."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.customer_registry.application.erasures import ErasureIsUnknown
from vinculo.customer_registry.application.queries import RequirementsNotEvaluated
from vinculo.customer_registry.domain import customer_refusals as refusals
from vinculo.httpapi import Problem
from vinculo.translation import load_catalogue


def _requirements_not_met(refusal: refusals.RequirementsNotMet) -> Problem:
    return Problem(409, "requirements-not-met", extensions={"unmet": list(refusal.unmet)})


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
            refusals.RecordIsBlocked: (409, "record-blocked"),
            refusals.TransitionNotAllowed: _transition_not_allowed,
            refusals.RequirementsNotMet: _requirements_not_met,
            RequirementsNotEvaluated: (404, "not-evaluated"),
            ErasureIsUnknown: (404, "erasure-unknown"),
        }
    )
)

MESSAGES: Final = load_catalogue("vinculo.customer_registry").with_fallback(
    load_catalogue("vinculo.contracts")
)
