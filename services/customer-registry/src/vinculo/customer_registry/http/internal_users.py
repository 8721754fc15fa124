"""Internal users over HTTP: a customer is given a role, and it is taken back."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from vinculo.access import Permission, Principal, requires
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerState,
    InternalRole,
    InternalUserReason,
)
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown
from vinculo.customer_registry.domain.internal_users import (
    GrantInternalUser,
    InternalUserCommand,
    RevokeInternalUser,
)
from vinculo.customer_registry.storage.people import lock_existing_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import execute, load_up_to_causation
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Idempotency,
    accepts_headers,
    current_meta,
    etag,
    if_match,
)

Administrator = Annotated[Principal, Depends(requires(Permission.INTERNAL_USERS_WRITE))]


class InternalUserGrant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: InternalRole
    reason_code: InternalUserReason


class InternalUserAnswer(BaseModel):
    """The role that the person has now, if any."""

    role: InternalRole | None
    version: int


def internal_users_api(registry: RegistryDependencies, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/registry/v1/people/{person_id}", tags=["internal users"])

    @router.post("/internal-user-grants", status_code=201, response_model=InternalUserAnswer)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def grant(
        person_id: UUID, body: InternalUserGrant, administrator: Administrator, request: Request
    ) -> Response:
        expected_version = if_match(request)

        async def run() -> Response:
            command = GrantInternalUser(
                person_id=person_id,
                role=body.role,
                reason_code=body.reason_code,
                by=administrator.subject,
                now=registry.clock(),
            )
            cause = idempotency.idempotent_id_or_none(request, "internal-user-grants")
            meta = replace(current_meta(request), causation_id=cause)
            answer = await change_internal_user(
                registry, command, expected_version=expected_version, meta=meta
            )
            headers = {"etag": etag(answer.version)}
            return Response(answer.model_dump_json(), 201, headers, "application/json")

        return await idempotency.run_once(request, "internal-user-grants", body, run)

    @router.delete("/internal-user-grants")
    @accepts_headers(IF_MATCH)
    async def revoke(
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
            now=registry.clock(),
        )
        answer = await change_internal_user(
            registry, command, expected_version=if_match(request), meta=current_meta(request)
        )
        response.headers["etag"] = etag(answer.version)
        return answer

    return router


async def change_internal_user(
    registry: RegistryDependencies,
    command: InternalUserCommand,
    *,
    expected_version: int,
    meta: Meta,
) -> InternalUserAnswer:
    """With a causation id, a request that comes again is answered as the first time."""
    cause = meta.causation_id
    async with registry.store.transaction() as connection:
        if await lock_existing_person(connection, command.person_id) is None:
            raise PersonIsUnknown
        done = cause and await load_up_to_causation(
            registry.store, CUSTOMERS, command.person_id, cause, connection=connection
        )
        if done:
            return _answer(done.state, done.version)
        outcome = await execute(
            registry.store,
            CUSTOMERS,
            command.person_id,
            command,
            meta=meta,
            expected_version=expected_version,
            connection=connection,
        )
    return _answer(outcome.state, outcome.version)


def _answer(state: CustomerState, version: int) -> InternalUserAnswer:
    role = state.internal_role if isinstance(state, Customer) else None
    return InternalUserAnswer(role=role, version=version)
