"""Which refusal of the domain is which problem, and what the problems are called."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.customer_registry.domain import customer_refusals as refusals
from vinculo.httpapi import Problem


def _requirements_not_met(refusal: refusals.RequirementsNotMet) -> Problem:
    return Problem(409, "requirements-not-met", extensions={"unmet": list(refusal.unmet)})


def _move_not_allowed(refusal: refusals.MoveNotAllowed) -> Problem:
    moved = {"from_status": refusal.from_status.value, "to_status": refusal.to_status.value}
    return Problem(409, "move-not-allowed", extensions=moved)


REFUSALS: Final[Mapping[type[Exception], tuple[int, str] | Callable[[Any], Problem]]] = (
    MappingProxyType(
        {
            refusals.PersonIsUnknown: (404, "person-unknown"),
            refusals.RecordIsErased: (410, "record-erased"),
            refusals.OwnRecord: (403, "own-record"),
            refusals.UnblockingNeedsAdministrator: (403, "unblocking-needs-administrator"),
            refusals.NotACustomer: (409, "not-a-customer"),
            refusals.ActivationOutstanding: (409, "activation-outstanding"),
            refusals.RecordIsBlocked: (409, "record-blocked"),
            refusals.MoveNotAllowed: _move_not_allowed,
            refusals.RequirementsNotMet: _requirements_not_met,
        }
    )
)

TITLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "person-unknown": {
            "es": "No hay ninguna persona con este identificador",
            "en": "There is no person with this id",
        },
        "record-erased": {
            "es": "El registro fue eliminado",
            "en": "The record has been erased",
        },
        "own-record": {
            "es": "Nadie cambia su propio registro",
            "en": "Nobody acts on the own record",
        },
        "unblocking-needs-administrator": {
            "es": "Solo un administrador puede desbloquear",
            "en": "Only an administrator can unblock",
        },
        "not-a-customer": {
            "es": "Solo un cliente puede ser usuario interno",
            "en": "Only a customer can be an internal user",
        },
        "activation-outstanding": {
            "es": "La persona aún no ha activado su cuenta",
            "en": "The person has not activated the account yet",
        },
        "record-blocked": {
            "es": "El registro está bloqueado; desbloquéelo primero",
            "en": "The record is blocked; unblock it first",
        },
        "move-not-allowed": {
            "es": "Ese cambio de estado no existe",
            "en": "There is no such change of status",
        },
        "requirements-not-met": {
            "es": "Faltan requisitos para ser cliente",
            "en": "Requirements to become a customer are not met",
        },
        "not-evaluated": {
            "es": "Los requisitos aún no se han evaluado",
            "en": "The requirements have not been evaluated yet",
        },
        "erasure-unknown": {
            "es": "No hay ninguna eliminación con este identificador",
            "en": "There is no erasure with this id",
        },
    }
)
