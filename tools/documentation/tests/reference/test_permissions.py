"""The reference of permissions has every operation of every service with its roles."""

import pytest

from vinculo.access import Permission, Role
from vinculo.documentation.reference.permissions import Operation, operations, permissions_page
from vinculo.local.paths import ROOT


@pytest.fixture(scope="module")
def found() -> dict[str, Operation]:
    return {each.route: each for each in operations()}


def test_every_service_with_operations_is_there(found: dict[str, Operation]) -> None:
    services = {each.service for each in found.values()}

    assert services == {
        "onboarding",
        "documents",
        "customer-registry",
        "notifications",
        "query-api",
    }


def test_every_operation_is_on_the_page(found: dict[str, Operation]) -> None:
    page = permissions_page(ROOT)

    assert all(f"`{route}`" in page for route in found)
    assert all(f"| `{permission}` |" in page for permission in Permission)


@pytest.mark.parametrize(
    ("route", "permission", "roles"),
    [
        ("GET /query/v1/customers", Permission.LISTS_READ, "viewer operator admin auditor"),
        ("POST /registry/v1/people/{person_id}/erasures", Permission.ERASE, "admin"),
        ("GET /onboarding/v1/me/application", Permission.OWN_APPLICATION, "applicant"),
    ],
)
def test_an_operation_has_its_permission_and_roles(
    route: str, permission: Permission, roles: str, found: dict[str, Operation]
) -> None:
    assert found[route].permission is permission
    assert found[route].roles == {Role(name) for name in roles.split()}


def test_a_public_operation_has_no_permission(found: dict[str, Operation]) -> None:
    assert found["POST /onboarding/v1/registrations"].permission is None
