"""Who searched a list is put on record once the answer is given, without what was searched for."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from pymongo.errors import PyMongoError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.messaging import safe_reason
from vinculo.query_api.audit import AuditTrail

TEXT: Final = "q"
OF_THE_PAGE: Final = frozenset({"limit", "cursor", "min_position", "sort"})


class SearchesOnRecord:
    """`lists` names the list by its path. Going on to further pages is no search of its own."""

    def __init__(self, app: ASGIApp, *, audit: AuditTrail, lists: Mapping[str, str]) -> None:
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
