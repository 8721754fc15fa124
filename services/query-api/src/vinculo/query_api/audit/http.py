"""The audit log over HTTP; reading it is audited too."""

from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pymongo.errors import ExecutionTimeout
from typing_extensions import TypedDict

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import may_refuse
from vinculo.query_api.audit.trail import AuditFilter, ShownAuditEntry, read_audit_page
from vinculo.query_api.audit_log import AuditAction, AuditLog
from vinculo.query_api.cursors import CursorCodec, CursorInvalid
from vinculo.query_api.filter_errors import PERIOD_CODES, FilterInvalid
from vinculo.query_api.http_responses import NextCursor, json_body, json_response
from vinculo.query_api.mongo import Database
from vinculo.query_api.periods import LocalDate, ordered_local_dates

MAX_ACTIONS: Final = 20


class AuditParameters(BaseModel):
    """A parameter that is not given does not filter; dates are local and both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: UUID | None = None
    action: Annotated[tuple[AuditAction, ...], Field(max_length=MAX_ACTIONS)] = ()
    person_id: UUID | None = None
    at_from: LocalDate | None = None
    at_to: LocalDate | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class AuditPage(TypedDict):
    """Entries, the newest first."""

    items: Annotated[list[ShownAuditEntry], Field(description="The entries of this page.")]
    next_cursor: NextCursor


def audit_api(
    database: Database, audit: AuditLog, cursors: CursorCodec, *, zone: ZoneInfo
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["audit"])

    @router.get("/audit", responses=json_body(AuditPage))
    @may_refuse(FilterInvalid, CursorInvalid, ExecutionTimeout, field_codes=PERIOD_CODES)
    async def read_audit(
        reader: Annotated[Principal, Depends(requires(Permission.AUDIT_READ))],
        parameters: Annotated[AuditParameters, Query()],
    ) -> Response:
        first, last = parameters.at_from, parameters.at_to
        period = ordered_local_dates(first, last, zone, first_field="at_from")
        filters = parameters.model_dump(
            mode="json", exclude={"limit", "cursor"}, exclude_defaults=True
        )
        query = f"audit {sorted(filters.items())}".encode()
        items, following = await read_audit_page(
            database,
            AuditFilter(
                by=parameters.actor,
                actions=parameters.action,
                person_id=parameters.person_id,
                period=period,
            ),
            limit=parameters.limit,
            cursor=cursors.decode(parameters.cursor, query) if parameters.cursor else None,
        )
        await audit.record(AuditAction.AUDIT_READ, by=reader.subject, facts={"filters": filters})
        page: AuditPage = {
            "items": items,
            "next_cursor": cursors.encode(following, query) if following else None,
        }
        return json_response(page)

    return router
