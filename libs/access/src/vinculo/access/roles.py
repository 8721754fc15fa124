"""Roles, the permissions of each, and the caller of a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID


class Role(StrEnum):
    APPLICANT = "applicant"
    CLAIMANT = "claimant"
    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    AUDITOR = "auditor"
    SERVICE = "service"


PUBLIC_ROLES: Final = frozenset({Role.APPLICANT, Role.CLAIMANT})
"""Roles of people outside the staff: of a person, and of a claim to a document. Only our own
issuer grants them.
"""


class Permission(StrEnum):
    OWN_SESSIONS = "own_sessions"
    OWN_APPLICATION = "own_application"
    OWN_DOSSIER = "own_dossier"
    PAYERS_READ = "payers_read"
    PAYERS_WRITE = "payers_write"
    IDENTITY_CORRECTIONS_DECIDE = "identity_corrections_decide"
    CLAIMS_DECIDE = "claims_decide"
    CLAIM_FILES_SEND = "claim_files_send"
    CLAIM_FILES_READ = "claim_files_read"
    LISTS_READ = "lists_read"
    PROFILE_READ = "profile_read"
    SALARY_READ = "salary_read"
    DOSSIERS_READ = "dossiers_read"
    DOCUMENTS_REVIEW = "documents_review"
    EXPORTS_MAKE = "exports_make"
    STATUS_CHANGE = "status_change"
    UNBLOCK = "unblock"
    ERASE = "erase"
    POLICIES_WRITE = "policies_write"
    INTERNAL_USERS_WRITE = "internal_users_write"
    STAFF_WRITE = "staff_write"
    MESSAGES_RESEND = "messages_resend"
    AUDIT_READ = "audit_read"
    PERSONAL_DATA_READ = "personal_data_read"


_APPLICANT: Final = frozenset(
    {Permission.OWN_APPLICATION, Permission.OWN_DOSSIER, Permission.PAYERS_READ}
)
_VIEWER: Final = frozenset({Permission.LISTS_READ, Permission.PROFILE_READ, Permission.PAYERS_READ})
_REVIEWER: Final = frozenset(
    {Permission.DOSSIERS_READ, Permission.DOCUMENTS_REVIEW, Permission.PAYERS_READ}
)
_OPERATOR: Final = (
    _VIEWER
    | _REVIEWER
    | {
        Permission.SALARY_READ,
        Permission.EXPORTS_MAKE,
        Permission.PAYERS_WRITE,
        Permission.IDENTITY_CORRECTIONS_DECIDE,
        Permission.CLAIMS_DECIDE,
        Permission.CLAIM_FILES_READ,
        Permission.STATUS_CHANGE,
        Permission.MESSAGES_RESEND,
    }
)
_ADMIN: Final = _OPERATOR | {
    Permission.UNBLOCK,
    Permission.ERASE,
    Permission.POLICIES_WRITE,
    Permission.INTERNAL_USERS_WRITE,
    Permission.STAFF_WRITE,
    Permission.AUDIT_READ,
}
_AUDITOR: Final = frozenset(
    {Permission.LISTS_READ, Permission.PROFILE_READ, Permission.PAYERS_READ, Permission.AUDIT_READ}
)

_EVERYONE: Final = frozenset({Permission.OWN_SESSIONS})

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.APPLICANT: _EVERYONE | _APPLICANT,
        Role.CLAIMANT: frozenset({Permission.CLAIM_FILES_SEND, Permission.CLAIM_FILES_READ}),
        Role.VIEWER: _EVERYONE | _VIEWER,
        Role.REVIEWER: _EVERYONE | _REVIEWER,
        Role.OPERATOR: _EVERYONE | _OPERATOR,
        Role.ADMIN: _EVERYONE | _ADMIN,
        Role.AUDITOR: _EVERYONE | _AUDITOR,
        Role.SERVICE: _EVERYONE | {Permission.PERSONAL_DATA_READ},
    }
)


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a request: the id of a person, a staff member or a claim, and their roles.

    `session_id` and `registry_version`, the version of the subject's record under which the token
    was issued, are None for tokens of external issuers.
    """

    subject: UUID
    roles: frozenset[Role]
    session_id: UUID | None = None
    registry_version: int | None = None

    def may(self, permission: Permission) -> bool:
        return any(permission in PERMISSIONS[role] for role in self.roles)
