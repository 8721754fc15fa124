"""The access tokens that a change of a record revokes, in the stream `revocation-<person>`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerEvent,
    CustomerState,
    InternalUserGranted,
    InternalUserRevoked,
    RecordBlocked,
    RecordDisabled,
    RecordErased,
    RecordUnblocked,
    evolve,
)
from vinculo.events import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectDenied:
    """All tokens of the person are refused."""

    registry_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectAllowed:
    registry_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesRevoked:
    """Tokens with an internal role that were issued under an earlier version are refused."""

    registry_version: int


RevocationEvent: TypeAlias = SubjectDenied | SubjectAllowed | RolesRevoked


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """Publish the revocations."""

    revocations: tuple[RevocationEvent, ...]


def revocations(before: CustomerState, events: Sequence[CustomerEvent]) -> list[RevocationEvent]:
    """What the new events of a record in state `before` revoke, in their order."""
    found: list[RevocationEvent] = []
    state = before
    for event in events:
        after = evolve(state, event)
        found += _revocations(state, event, after.status_version)
        state = after
    return found


def _revocations(
    before: CustomerState, event: CustomerEvent, version: int
) -> Iterator[RevocationEvent]:
    """Disabling suspends the internal role, and another role replaces the one before it."""
    role = before.internal_role if isinstance(before, Customer) else None
    match event:
        case RecordBlocked() | RecordErased():
            yield SubjectDenied(registry_version=version)
        case RecordUnblocked():
            yield SubjectAllowed(registry_version=version)
        case InternalUserRevoked():
            yield RolesRevoked(registry_version=version)
        case RecordDisabled() | InternalUserGranted() if role is not None:
            yield RolesRevoked(registry_version=version)


REVOCATION: Decider[Revoke, None, RevocationEvent] = Decider(
    lambda command, _: list(command.revocations), lambda state, _: state, None
)
