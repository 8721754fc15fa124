from uuid import UUID

import pytest

from vinculo.access import PERMISSIONS, Permission, Principal, Role

PERSON = UUID(int=1)


def permissions_of(role: Role) -> frozenset[Permission]:
    return PERMISSIONS[role]


def test_every_role_is_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_every_permission_belongs_to_a_role() -> None:
    assert frozenset().union(*PERMISSIONS.values()) == set(Permission)


def test_an_applicant_accesses_their_own_data_only() -> None:
    assert permissions_of(Role.APPLICANT) == {
        Permission.OWN_SESSIONS,
        Permission.OWN_APPLICATION,
        Permission.OWN_DOSSIER,
        Permission.PAYERS_READ,
    }


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPLICANT])
def test_staff_have_no_application(role: Role) -> None:
    assert not permissions_of(role) & {Permission.OWN_APPLICATION, Permission.OWN_DOSSIER}


def test_an_operator_has_the_permissions_of_viewers_and_reviewers_and_an_admin_more() -> None:
    assert (
        permissions_of(Role.VIEWER) | permissions_of(Role.REVIEWER)
        < permissions_of(Role.OPERATOR)
        < permissions_of(Role.ADMIN)
    )


def test_viewers_and_auditors_do_not_see_salaries() -> None:
    assert Permission.SALARY_READ not in permissions_of(Role.VIEWER) | permissions_of(Role.AUDITOR)


@pytest.mark.parametrize(
    "permission",
    [
        Permission.UNBLOCK,
        Permission.ERASE,
        Permission.POLICIES_WRITE,
        Permission.INTERNAL_USERS_WRITE,
        Permission.STAFF_WRITE,
    ],
)
def test_only_an_admin_unblocks_erases_and_configures(permission: Permission) -> None:
    assert {role for role in Role if permission in permissions_of(role)} == {Role.ADMIN}


def test_an_auditor_changes_nothing() -> None:
    assert permissions_of(Role.AUDITOR) == {
        Permission.OWN_SESSIONS,
        Permission.LISTS_READ,
        Permission.PROFILE_READ,
        Permission.PAYERS_READ,
        Permission.AUDIT_READ,
    }


def test_reading_personal_data_directly_is_for_services() -> None:
    roles = {role for role in Role if Permission.PERSONAL_DATA_READ in permissions_of(role)}

    assert roles == {Role.SERVICE}


def test_every_role_ends_its_own_sessions() -> None:
    assert all(
        Permission.OWN_SESSIONS in permissions_of(role)
        for role in Role
        if role is not Role.CLAIMANT
    )


def test_several_roles_add_up_and_no_role_has_no_permission() -> None:
    both = Principal(PERSON, frozenset({Role.VIEWER, Role.REVIEWER}))

    assert both.may(Permission.LISTS_READ)
    assert both.may(Permission.DOCUMENTS_REVIEW)
    assert not both.may(Permission.ERASE)
    assert not any(Principal(PERSON, frozenset()).may(permission) for permission in Permission)
