"""Whoever is signed in and refused for want of a permission is put on record, on every route."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from pymongo.errors import PyMongoError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.messaging import safe_reason
from vinculo.query_api.audit_log import AuditLog


class AuditForbidden:
    """`apart` are the beginnings of paths whose routes keep record of their refusals themselves."""

    def __init__(self, app: ASGIApp, *, audit: AuditLog, apart: Collection[str]) -> None:
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


TEXT: Final = "q"
OF_THE_PAGE: Final = frozenset({"limit", "cursor", "min_position", "sort"})


class AuditSearch:
    """`lists` names the list by its path. Going on to further pages is no search of its own."""

    def __init__(self, app: ASGIApp, *, audit: AuditLog, lists: Mapping[str, str]) -> None:
        self._app = app
        self._audit = audit
        self._lists = dict(lists)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = self._lists.get(scope["path"]) if scope["type"] == "http" else None
        asked = parse_qs(scope["query_string"].decode("latin-1")) if name is not None else {}
        if name is None or not asked.get(TEXT, [""])[0].strip() or "cursor" in asked:
            await self._app(scope, receive, send)
            return
        state, status = scope.setdefault("state", {}), 0

        async def noted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, noted_send)
        if status == HTTPStatus.OK:
            await self._record(UUID(state["actor"]), name, asked)

    async def _record(self, actor: UUID, name: str, asked: Mapping[str, list[str]]) -> None:
        filters = {
            each: values for each, values in asked.items() if each not in {TEXT, *OF_THE_PAGE}
        }
        try:
            await self._audit.record(
                "list-searched", by=actor, facts={"list": name, "filters": filters}
            )
        except PyMongoError as error:
            structlog.get_logger().error("search not recorded", error=safe_reason(error))
