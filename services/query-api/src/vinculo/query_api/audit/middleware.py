"""Middleware that audits refused requests and list searches, on every route."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from pymongo.errors import PyMongoError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.messaging import safe_reason
from vinculo.query_api.audit_log import AuditAction, AuditLog

SEARCH_TEXT: Final = "q"
PAGE_PARAMETERS: Final = frozenset({"limit", "cursor", "min_position", "sort"})


class AuditForbidden:
    """Audits signed-in callers who are refused for lack of a permission.

    Routes under `excluded_prefixes` audit their refusals themselves.
    """

    def __init__(
        self, app: ASGIApp, *, audit: AuditLog, excluded_prefixes: Collection[str]
    ) -> None:
        self._app = app
        self._audit = audit
        self._excluded_prefixes = tuple(excluded_prefixes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._excluded_prefixes):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_and_audit(message: Message) -> None:
            if (
                message["type"] == "http.response.start"
                and message["status"] == HTTPStatus.FORBIDDEN
                and state.get("actor") is not None
            ):
                await self._record(scope, UUID(state["actor"]))
            await send(message)

        await self._app(scope, receive, send_and_audit)

    async def _record(self, scope: Scope, actor: UUID) -> None:
        """The request stays refused when the entry cannot be written."""
        try:
            await self._audit.record(
                AuditAction.ACCESS_REFUSED,
                by=actor,
                person_id=_person_of(scope),
                facts={"method": scope["method"], "operation": _operation_of(scope)},
            )
        except PyMongoError as error:
            structlog.get_logger().error("refusal-not-audited", error=safe_reason(error))


def _person_of(scope: Scope) -> UUID | None:
    try:
        return UUID(str(scope.get("path_params", {}).get("person_id")))
    except ValueError:
        return None


def _operation_of(scope: Scope) -> str | None:
    """The name of the route's function; the path may contain anything that a client types."""
    endpoint = scope.get("endpoint")
    return None if endpoint is None else str(endpoint.__name__).replace("_", "-")


class AuditSearch:
    """Audits successful list searches without the search text; further pages are not audited.

    `lists` has the name of each list by its path.
    """

    def __init__(self, app: ASGIApp, *, audit: AuditLog, lists: Mapping[str, str]) -> None:
        self._app = app
        self._audit = audit
        self._lists = dict(lists)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = self._lists.get(scope["path"]) if scope["type"] == "http" else None
        query = parse_qs(scope["query_string"].decode("latin-1")) if name is not None else {}
        if name is None or not query.get(SEARCH_TEXT, [""])[0].strip() or "cursor" in query:
            await self._app(scope, receive, send)
            return
        state, status = scope.setdefault("state", {}), 0

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, send_and_note_status)
        if status == HTTPStatus.OK:
            await self._record(UUID(state["actor"]), name, query)

    async def _record(self, actor: UUID, name: str, query: Mapping[str, list[str]]) -> None:
        filters = {
            parameter: values
            for parameter, values in query.items()
            if parameter not in {SEARCH_TEXT, *PAGE_PARAMETERS}
        }
        try:
            await self._audit.record(
                AuditAction.LIST_SEARCHED, by=actor, facts={"list": name, "filters": filters}
            )
        except PyMongoError as error:
            structlog.get_logger().error("search-not-audited", error=safe_reason(error))
