"""Whoever is signed in and refused for want of a permission is put on record, on every route."""

from collections.abc import Collection
from http import HTTPStatus
from uuid import UUID

import structlog
from pymongo.errors import PyMongoError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.messaging import safe_reason
from vinculo.query_api.audit import AuditTrail


class RefusalsOnRecord:
    """`apart` are the beginnings of paths whose routes keep record of their refusals themselves."""

    def __init__(self, app: ASGIApp, *, audit: AuditTrail, apart: Collection[str]) -> None:
        self._app = app
        self._audit = audit
        self._apart = tuple(apart)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._apart):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def recorded_send(message: Message) -> None:
            if (
                message["type"] == "http.response.start"
                and message["status"] == HTTPStatus.FORBIDDEN
                and state.get("actor") is not None
            ):
                await self._record(scope, UUID(state["actor"]))
            await send(message)

        await self._app(scope, receive, recorded_send)

    async def _record(self, scope: Scope, actor: UUID) -> None:
        """Whoever is refused stays refused, also when that cannot be written down."""
        try:
            await self._audit.record(
                "access-refused",
                by=actor,
                person_id=_person_of(scope),
                facts={"method": scope["method"], "operation": _operation_of(scope)},
            )
        except PyMongoError as error:
            structlog.get_logger().error("refusal not recorded", error=safe_reason(error))


def _person_of(scope: Scope) -> UUID | None:
    try:
        return UUID(str(scope.get("path_params", {}).get("person_id")))
    except ValueError:
        return None


def _operation_of(scope: Scope) -> str | None:
    """The route's own name; the path may hold anything that a client types."""
    endpoint = scope.get("endpoint")
    return None if endpoint is None else str(endpoint.__name__).replace("_", "-")
