"""Access tokens that are refused before they expire, in the stream `revocation-<subject>`."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from vinculo.events import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """`sid` is the family of refresh tokens, which all access tokens of the session name."""

    sid: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectDenied:
    """All tokens of an external issuer's subject are refused; it has no record and no version."""

    registry_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectAllowed:
    registry_version: int = 0


RevocationEvent: TypeAlias = SessionEnded | SubjectDenied | SubjectAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """Publish the revocations."""

    revocations: tuple[RevocationEvent, ...]


REVOCATION: Decider[Revoke, None, RevocationEvent] = Decider(
    lambda command, _: list(command.revocations), lambda state, _: state, None
)
