from uuid import UUID

import pytest

from vinculo.access import PERMISSIONS, Permission, Principal, Role

PERSON = UUID(int=1)


def may(role: Role) -> frozenset[Permission]:
    return PERMISSIONS[role]


def test_every_role_is_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_every_permission_is_somebodys() -> None:
    assert frozenset().union(*PERMISSIONS.values()) == set(Permission)


def test_an_applicant_reaches_their_own_only() -> None:
    assert may(Role.APPLICANT) == {
        Permission.OWN_SESSIONS,
        Permission.OWN_APPLICATION,
        Permission.OWN_DOSSIER,
        Permission.PAYERS_READ,
    }


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPLICANT])
def test_staff_have_no_application_of_their_own(role: Role) -> None:
    assert not may(role) & {Permission.OWN_APPLICATION, Permission.OWN_DOSSIER}


def test_an_operator_may_what_viewers_and_reviewers_may_and_an_admin_more() -> None:
    assert may(Role.VIEWER) | may(Role.REVIEWER) < may(Role.OPERATOR) < may(Role.ADMIN)


def test_viewers_and_auditors_do_not_see_salaries() -> None:
    assert Permission.SALARY_READ not in may(Role.VIEWER) | may(Role.AUDITOR)


@pytest.mark.parametrize(
    "permission",
    [
        Permission.UNBLOCK,
        Permission.ERASE,
        Permission.POLICIES_WRITE,
        Permission.INTERNAL_USERS_WRITE,
    ],
)
def test_only_an_admin_unblocks_erases_and_governs(permission: Permission) -> None:
    assert {role for role in Role if permission in may(role)} == {Role.ADMIN}


def test_an_auditor_changes_nothing() -> None:
    assert may(Role.AUDITOR) == {
        Permission.OWN_SESSIONS,
        Permission.LISTS_READ,
        Permission.PROFILE_READ,
        Permission.PAYERS_READ,
        Permission.AUDIT_READ,
    }


def test_personal_data_as_such_is_for_services() -> None:
    holders = {role for role in Role if Permission.PERSONAL_DATA_READ in may(role)}

    assert holders == {Role.SERVICE}


def test_everybody_ends_their_own_sessions() -> None:
    assert all(Permission.OWN_SESSIONS in may(role) for role in Role)


def test_several_roles_add_up_and_none_gives_nothing() -> None:
    both = Principal(PERSON, frozenset({Role.VIEWER, Role.REVIEWER}))

    assert both.may(Permission.LISTS_READ)
    assert both.may(Permission.DOCUMENTS_REVIEW)
    assert not both.may(Permission.ERASE)
    assert not any(Principal(PERSON, frozenset()).may(permission) for permission in Permission)
