"""Which of a list's columns a person may have in a file.

A list on the screen shows one page to who is signed in; a file leaves the house. So a group of
columns goes into a file only for the roles that the deployment gives it, and what tells of money
needs the permission that the profile asks for too.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from vinculo.access import Permission, Principal, Role
from vinculo.query_api.lists.catalogue import Column, ColumnGroup, PeopleList

ALWAYS: Final = frozenset({ColumnGroup.RECORD})
NEEDED: Final[Mapping[ColumnGroup, Permission]] = {ColumnGroup.FINANCE: Permission.SALARY_READ}

GroupsOfRoles = Mapping[Role, AbstractSet[ColumnGroup]]


def permitted_groups(person: Principal, groups: GroupsOfRoles) -> frozenset[ColumnGroup]:
    """Those of all the person's roles together; what the record itself is, for everyone."""
    given = ALWAYS.union(*(groups.get(role, ()) for role in person.roles))
    return frozenset(group for group in given if group not in NEEDED or person.may(NEEDED[group]))


def permitted_columns(
    people_list: PeopleList, groups: AbstractSet[ColumnGroup]
) -> tuple[Column, ...]:
    """In the list's order."""
    return tuple(column for column in people_list.columns if column.group in groups)
