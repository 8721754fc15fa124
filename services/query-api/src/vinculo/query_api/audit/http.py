"""The audit trail over HTTP; reading it is on record too."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import Problem
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.audit_log import AuditFilter, AuditLog
from vinculo.query_api.cursors import CursorCodec
from vinculo.query_api.filter_errors import field_refusal
from vinculo.query_api.http_responses import json_response
from vinculo.query_api.periods import LocalDate, local_dates

Action = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,39}$")]
MOST_ACTIONS = 20


class AuditParameters(BaseModel):
    """What is not given is not asked for; dates are local and both ends inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: UUID | None = None
    action: Annotated[tuple[Action, ...], Field(max_length=MOST_ACTIONS)] = ()
    person_id: UUID | None = None
    at_from: LocalDate | None = None
    at_to: LocalDate | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


def audit_api(audit: AuditLog, cursors: CursorCodec, *, zone: ZoneInfo) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["audit"])

    @router.get("/audit")
    async def read_audit(
        request: Request,
        reader: Annotated[Principal, Depends(requires(Permission.AUDIT_READ))],
        asked: Annotated[AuditParameters, Query()],
    ) -> Response:
        language = preferred_language(request.headers)
        if asked.at_from is not None and asked.at_to is not None and asked.at_from > asked.at_to:
            raise Problem(
                422, "filter-invalid", errors=[field_refusal("at_from", "dates_reversed", language)]
            )
        filters = asked.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_defaults=True)
        query = f"audit {sorted(filters.items())}".encode()
        items, older = await audit.read(
            AuditFilter(
                by=asked.actor,
                actions=asked.action,
                person_id=asked.person_id,
                period=local_dates(asked.at_from, asked.at_to, zone),
            ),
            limit=asked.limit,
            cursor=cursors.read(asked.cursor, query, language) if asked.cursor else None,
        )
        await audit.record("audit-read", by=reader.subject, facts={"filters": filters})
        return json_response(
            {"items": items, "next_cursor": cursors.write(older, query) if older else None}
        )

    return router
