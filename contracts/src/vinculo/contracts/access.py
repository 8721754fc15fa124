"""Records on `access.revocations`: which access tokens every service refuses before they expire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from vinculo.contracts.envelope import Facts

RegistryVersion = Annotated[int, Field(ge=0)]
"""The record's `status_version` at the change; 0 for a subject without a record."""


class SessionEnded(Facts):
    """Tokens of the session (claim `sid`) are refused."""

    sid: UUID


class SubjectDenied(Facts):
    """Tokens of the subject are refused: the person was blocked or erased, or denied by command."""

    registry_version: RegistryVersion


class SubjectAllowed(Facts):
    """Tokens of the subject are accepted again."""

    registry_version: RegistryVersion


class RolesRevoked(Facts):
    """Tokens with an internal role are refused if their `rv` is below `registry_version`."""

    registry_version: RegistryVersion
