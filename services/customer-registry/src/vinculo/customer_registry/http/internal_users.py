"""Routes that grant a customer an internal role and revoke it."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from vinculo.access import Permission, Principal, requires
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.internal_users import change_internal_user
from vinculo.customer_registry.domain.customer import InternalUserReason
from vinculo.customer_registry.domain.customer_refusals import NotACustomer, RecordIsBlocked
from vinculo.customer_registry.domain.internal_users import GrantInternalUser, RevokeInternalUser
from vinculo.customer_registry.http.problems import CHANGE_REFUSALS
from vinculo.customer_registry.http.schemas import InternalUserAnswer, InternalUserGrant
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Idempotency,
    accepts_headers,
    current_meta,
    etag,
    if_match,
    may_refuse,
)

Administrator = Annotated[Principal, Depends(requires(Permission.INTERNAL_USERS_WRITE))]


def internal_users_api(dependencies: RegistryDependencies, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/registry/v1/people/{person_id}", tags=["internal users"])

    @router.post("/internal-user-grants", status_code=201, response_model=InternalUserAnswer)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(*CHANGE_REFUSALS, NotACustomer, RecordIsBlocked)
    async def grant_internal_role(
        person_id: UUID, body: InternalUserGrant, administrator: Administrator, request: Request
    ) -> Response:
        expected_version = if_match(request)

        async def run() -> Response:
            command = GrantInternalUser(
                person_id=person_id,
                role=body.role,
                reason_code=body.reason_code,
                by=administrator.subject,
                now=dependencies.clock(),
                expected_version=expected_version,
            )
            cause = idempotency.idempotent_id_or_none(request, "internal-user-grants")
            meta = replace(current_meta(request), causation_id=cause)
            current = await change_internal_user(dependencies, command, meta=meta)
            answer = InternalUserAnswer(role=current.role, version=current.version)
            headers = {"etag": etag(current.version)}
            return Response(answer.model_dump_json(), 201, headers, "application/json")

        return await idempotency.run_once(request, "internal-user-grants", body, run)

    @router.delete("/internal-user-grants")
    @accepts_headers(IF_MATCH)
    @may_refuse(*CHANGE_REFUSALS, NotACustomer, RecordIsBlocked)
    async def revoke_internal_role(
        person_id: UUID,
        reason_code: Annotated[InternalUserReason, Query()],
        administrator: Administrator,
        request: Request,
        response: Response,
    ) -> InternalUserAnswer:
        command = RevokeInternalUser(
            person_id=person_id,
            reason_code=reason_code,
            by=administrator.subject,
            now=dependencies.clock(),
            expected_version=if_match(request),
        )
        current = await change_internal_user(dependencies, command, meta=current_meta(request))
        response.headers["etag"] = etag(current.version)
        return InternalUserAnswer(role=current.role, version=current.version)

    return router
