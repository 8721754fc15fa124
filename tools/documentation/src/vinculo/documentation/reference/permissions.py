"""The reference of permissions: which role may call which operation."""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from vinculo.access import PERMISSIONS, Permission, Role, guarded_routes
from vinculo.apidocs.service_apps import service_apps
from vinculo.documentation.markdown import code, table
from vinculo.httpapi import is_public

INTRODUCTION: Final = """\
# Permissions

Every operation requires one permission or is public. A caller without a token gets 401
`token-missing`, one without the permission 403 `forbidden`. Applicants reach their own record only.
`salary_read` decides whether a profile shows the salary, and `payers_write` whether the list of
payers may be filtered by status.

## Roles

"""


@dataclass(frozen=True, slots=True)
class Operation:
    """`method` and `path` of a route; without a permission it is public."""

    service: str
    route: str
    permission: Permission | None

    @property
    def roles(self) -> frozenset[Role]:
        if self.permission is None:
            return frozenset(Role)
        return _roles(self.permission)


def operations() -> list[Operation]:
    """All operations of all services; health, metrics and OpenAPI documents are left out."""
    apps = asyncio.run(service_apps())
    return [each for service, app in sorted(apps.items()) for each in _of_app(service, app)]


def permissions_page(_: Path) -> str:
    found = operations()
    parts = [
        INTRODUCTION,
        table(
            ["permission", "roles"],
            [[code(each), _names(_roles(each))] for each in Permission],
        ),
    ]
    for service in sorted({each.service for each in found}):
        rows = [
            [code(each.route), code(each.permission), _names(each.roles)]
            for each in found
            if each.service == service and each.permission is not None
        ]
        parts.append(f"\n## {service}\n\n{table(['operation', 'permission', 'roles'], rows)}")
        public = [each for each in found if each.service == service and each.permission is None]
        if public:
            lines = "\n".join(f"- {code(each.route)}" for each in public)
            parts.append(f"\nPublic:\n\n{lines}\n")
    return "".join(parts)


def _roles(permission: Permission) -> frozenset[Role]:
    return frozenset(role for role in Role if permission in PERMISSIONS[role])


def _of_app(service: str, app: FastAPI) -> Iterator[Operation]:
    for route, permissions in sorted(guarded_routes(app).items(), key=_by_path):
        for permission in permissions:
            yield Operation(service, route, permission)
    described = {path for path in app.openapi()["paths"] if "/v1/" in path}
    for each in iter_route_contexts(app.routes):
        if is_public(each.endpoint) and each.path in described:
            for method in sorted(each.methods or ()):
                yield Operation(service, f"{method} {each.path}", None)


def _names(roles: Collection[Role]) -> str:
    return (
        "every role"
        if len(roles) == len(Role)
        else ", ".join(each for each in Role if each in roles)
    )


def _by_path(entry: tuple[str, frozenset[Permission]]) -> tuple[str, str]:
    method, _, path = entry[0].partition(" ")
    return path, method
