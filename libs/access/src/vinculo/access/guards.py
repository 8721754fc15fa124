"""Guards of routes: every route requires a permission or is declared public."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Final

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from vinculo.access.key_sets import KeysUnavailable
from vinculo.access.roles import Permission, Principal
from vinculo.access.tokens import TokenRefused, TokenVerifier
from vinculo.httpapi import Problem, is_public

Guard = Callable[..., Awaitable[Principal]]
OnRefused = Callable[[Principal], Awaitable[None]]

_PERMISSION: Final = "vinculo_permission"
_bearer: Final = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="bearer")


def requires(permission: Permission, *, on_refused: OnRefused | None = None) -> Guard:
    """A dependency, `Depends(requires(…))`, whose value is the caller if they have the permission.

    `on_refused` is called with a caller who does not have it, for auditing. The verifier is
    `app.state.token_verifier`.

    The dependency raises problems: 401 `token-missing` or `token-invalid`, 403 `forbidden`, 503
    `keys-unavailable`.
    """

    async def guard(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Principal:
        principal = await _caller(request, credentials)
        request.state.actor = str(principal.subject)
        if not principal.may(permission):
            structlog.get_logger().warning(
                "permission-refused", permission=permission, actor=str(principal.subject)
            )
            if on_refused is not None:
                await on_refused(principal)
            raise Problem(403, "forbidden")
        return principal

    setattr(guard, _PERMISSION, permission)
    return guard


async def _caller(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Principal:
    if credentials is None:
        raise Problem(401, "token-missing", headers={"www-authenticate": "Bearer"})
    verifier: TokenVerifier = request.app.state.token_verifier
    try:
        return await verifier.verify(credentials.credentials)
    except TokenRefused as refusal:
        structlog.get_logger().info("token-refused", reason=str(refusal))
        challenge = 'Bearer error="invalid_token"'
        raise Problem(401, "token-invalid", headers={"www-authenticate": challenge}) from None
    except KeysUnavailable:
        raise Problem(503, "keys-unavailable", retry_after_seconds=10) from None


def unguarded_routes(app: FastAPI) -> list[str]:
    """Routes that neither require a permission nor are public: `["GET /a/v1/b"]`."""
    return sorted(
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        if not is_public(route.endpoint) and not required_permissions(route)
        for method in sorted(route.methods or {"*"})
    )


def guarded_routes(app: FastAPI) -> dict[str, frozenset[Permission]]:
    """The permissions that each route requires, for a test of roles against routes."""
    return {
        f"{method} {route.path}": permissions
        for route in iter_route_contexts(app.routes)
        if (permissions := required_permissions(route))
        for method in sorted(route.methods or {"*"})
    }


def required_permissions(route: RouteContext) -> frozenset[Permission]:
    if not isinstance(route.original_route, APIRoute):
        return frozenset()
    return frozenset(_permissions(route.dependant))


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    permission = getattr(dependant.call, _PERMISSION, None)
    if permission is not None:
        yield permission
    for inner in dependant.dependencies:
        yield from _permissions(inner)
