"""The funnel over HTTP."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, requires
from vinculo.contracts.onboarding import Channel
from vinculo.httpapi import may_refuse
from vinculo.query_api.filter_errors import (
    FUNNEL_CODES,
    FieldRefusal,
    FieldRefusalCode,
    FilterInvalid,
)
from vinculo.query_api.funnel.funnel import (
    Funnel,
    PipelineResult,
    funnel_of,
    funnel_pipeline,
    registration_dates,
)
from vinculo.query_api.http_responses import AsOf, json_body, json_response
from vinculo.query_api.mongo import MAX_QUERY_MS, Mongo
from vinculo.query_api.periods import LocalDate, Preset, local_dates
from vinculo.query_api.person_document.indexes import index_name
from vinculo.query_api.person_document.schema import PROJECT, REGISTERED_AT
from vinculo.query_api.read_model import Collections, ReadModel
from vinculo.query_api.read_your_writes import POSITION_REFUSALS, MinPosition, PositionWaiter


class FunnelParameters(BaseModel):
    """The period of registration: a preset, or local dates, both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    created: Preset | None = None
    created_from: LocalDate | None = None
    created_to: LocalDate | None = None
    channel: Channel | None = None
    project: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    min_position: MinPosition | None = None


class ShownFunnel(Funnel):
    """How far people come between registration and promotion."""

    registered_from: Annotated[date, Field(description="First local date of the period.")]
    registered_to: Annotated[date, Field(description="Last local date of the period.")]
    as_of: AsOf


async def require_known_project(collections: Collections, project: str | None) -> None:
    """Accept the projects of the policies, and those of people.

    Raises:
        FilterInvalid: there is no such project.

    """
    if project is None:
        return
    policies = await collections.policies.find().to_list(None)
    known = sorted({policy["project"] for policy in policies if "project" in policy})
    if project in known:
        return
    people = collections.people.find({PROJECT: project}, {"_id": 1}, max_time_ms=MAX_QUERY_MS)
    if not await people.limit(1).to_list(1):
        refusal = FieldRefusal("project", FieldRefusalCode.NOT_ALLOWED, ", ".join(known))
        raise FilterInvalid(refusal)


def funnel_api(
    read_model: ReadModel,
    waiter: PositionWaiter,
    mongo: Mongo,
    *,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["funnel"])

    @router.get(
        "/funnel",
        dependencies=[Depends(requires(Permission.LISTS_READ))],
        responses=json_body(ShownFunnel),
    )
    @may_refuse(FilterInvalid, *POSITION_REFUSALS, field_codes=FUNNEL_CODES)
    async def show_funnel(parameters: Annotated[FunnelParameters, Query()]) -> Response:
        first, last = registration_dates(
            parameters.created,
            parameters.created_from,
            parameters.created_to,
            clock().astimezone(zone).date(),
        )
        await waiter.wait_for(parameters.min_position)
        collections = await read_model.collections()
        await require_known_project(collections, parameters.project)
        (found,) = await mongo.aggregate(
            collections.people.name,
            PipelineResult,
            funnel_pipeline(
                local_dates(first, last, zone),
                zone,
                channel=None if parameters.channel is None else parameters.channel.value,
                project=parameters.project,
            ),
            hint=index_name(REGISTERED_AT),
            maxTimeMS=MAX_QUERY_MS,
        )
        freshness = await read_model.freshness(collections)
        body: ShownFunnel = {
            "registered_from": first,
            "registered_to": last,
            **funnel_of(found["groups"], found["durations"]),
            "as_of": freshness.as_of,
        }
        return json_response(body, freshness=freshness)

    return router
