"""A file has the column groups of its requester's roles, in the list's order."""

from uuid import UUID

import pytest

from vinculo.access import Principal, Role
from vinculo.query_api.exports.service import permitted_columns, permitted_groups
from vinculo.query_api.lists.catalogue import CUSTOMERS, LISTS, ColumnGroup, ListName

ALL_GROUPS = frozenset(ColumnGroup)


def person(*roles: Role) -> Principal:
    return Principal(subject=UUID(int=1), roles=frozenset(roles))


def test_a_role_has_its_granted_groups_and_the_record() -> None:
    groups = permitted_groups(
        person(Role.OPERATOR), {Role.OPERATOR: frozenset({ColumnGroup.CONTACT})}
    )

    assert groups == {ColumnGroup.RECORD, ColumnGroup.CONTACT}


def test_several_roles_have_the_groups_of_each() -> None:
    groups = permitted_groups(
        person(Role.OPERATOR, Role.AUDITOR),
        {
            Role.OPERATOR: frozenset({ColumnGroup.CONTACT}),
            Role.AUDITOR: frozenset({ColumnGroup.IDENTITY}),
        },
    )

    assert groups == {ColumnGroup.RECORD, ColumnGroup.CONTACT, ColumnGroup.IDENTITY}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_finance_columns_require_the_salary_permission(role: Role) -> None:
    groups = permitted_groups(person(role), {role: ALL_GROUPS})

    assert groups == ALL_GROUPS - {ColumnGroup.FINANCE}


@pytest.mark.parametrize("name", ListName)
def test_all_groups_together_are_the_whole_list(name: ListName) -> None:
    assert permitted_columns(LISTS[name], ALL_GROUPS) == LISTS[name].columns


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize(
    ("group", "columns"),
    [
        (ColumnGroup.IDENTITY, {"name", "national_id", "identification", "document_type"}),
        (ColumnGroup.CONTACT, {"phone", "email"}),
        (ColumnGroup.FINANCE, {"active_loans", "payer"}),
    ],
)
def test_personal_columns_are_in_no_other_group(
    name: ListName, group: ColumnGroup, columns: set[str]
) -> None:
    left = permitted_columns(LISTS[name], ALL_GROUPS - {group})

    assert not {column.name for column in left} & columns


def test_columns_are_in_the_order_of_the_list() -> None:
    left = permitted_columns(CUSTOMERS, {ColumnGroup.RECORD, ColumnGroup.CONTACT})

    assert [column.name for column in left][:4] == ["customer_id", "status", "email", "phone"]
