"""What an account row means for roles, status and sign-in."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from vinculo.access import Role
from vinculo.onboarding.storage.accounts import Account, roles_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("internal_role", "roles"),
    [
        (None, {Role.APPLICANT}),
        ("operator", {Role.APPLICANT, Role.OPERATOR}),
        ("of a later version", {Role.APPLICANT}),
    ],
)
def test_an_internal_user_is_an_applicant_too(internal_role: str | None, roles: set[Role]) -> None:
    account = Account(
        person_id=UUID(int=1),
        project="default",
        country="CO",
        password_hash="",
        email_verified_at=NOW,
        registry_status="enabled",
        kind="customer",
        customer_id=None,
        internal_role=internal_role,
    )

    assert roles_of(account) == roles


@pytest.mark.parametrize(
    ("registry_status", "verified", "status", "may_sign_in"),
    [
        (None, False, "pending_email_verification", False),
        (None, True, "pending", True),
        ("pending_email_verification", True, "pending", True),
        ("disabled", True, "disabled", True),
        ("disabled", False, "disabled", False),
        ("enabled", True, "enabled", True),
        ("blocked", True, "blocked", False),
    ],
)
def test_who_may_sign_in(
    registry_status: str | None,
    verified: bool,  # noqa: FBT001 - a column of the table above
    status: str,
    may_sign_in: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    account = Account(
        person_id=UUID(int=1),
        project="default",
        country="CO",
        password_hash="",
        email_verified_at=NOW if verified else None,
        registry_status=registry_status,
        kind=None,
        customer_id=None,
    )

    assert (account.status, account.may_sign_in) == (status, may_sign_in)
