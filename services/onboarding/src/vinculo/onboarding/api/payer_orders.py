"""What operations do with one payer over HTTP: all on the version they have seen (`If-Match`)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Idempotency,
    accepts_headers,
    current_meta,
    etag,
    if_match,
)
from vinculo.onboarding.api.payer_answers import PayerChanged, payer_changed
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.domain.payer import Payer
from vinculo.onboarding.domain.payer_decisions import (
    AcceptPayer,
    ChangePayer,
    PayerCommand,
    RefusePayer,
    ReinstatePayer,
    SuspendPayer,
    require_listed_payer,
)
from vinculo.onboarding.forms.payer import (
    PayerBody,
    PayerChangeBody,
    RefusalBody,
    SuspensionBody,
    validate_payer,
    validate_payer_changes,
    validate_refusal,
)
from vinculo.onboarding.income.payers import Payers

Writer = Annotated[Principal, Depends(requires(Permission.PAYERS_WRITE))]


def payer_orders_api(payers: Payers, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/payers/{payer_id}", tags=["payers"])

    async def order(
        request: Request,
        payer_id: UUID,
        body: BaseModel | bytes,
        command_for: Callable[[Payer], PayerCommand],
        status_code: int = 200,
    ) -> Response:
        expected_version = if_match(request)

        async def run() -> Response:
            with faults_answered(request):
                known = await payers.change(
                    payer_id,
                    command_for,
                    expected_version=expected_version,
                    cause=idempotency.idempotent_id_or_none(request, "payers"),
                    meta=current_meta(request),
                )
            answer = payer_changed(known).model_dump_json()
            headers = {"etag": etag(known.version)}
            return Response(answer, status_code, headers, "application/json")

        return await idempotency.run_once(request, "payers", body, run)

    @router.patch("", response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def change(
        payer_id: UUID, body: PayerChangeBody, writer: Writer, request: Request
    ) -> Response:
        with faults_answered(request):
            changes = validate_payer_changes(body)

        def command_for(payer: Payer) -> ChangePayer:
            details = replace(require_listed_payer(payer).details, **changes)
            return ChangePayer(details=details, changed_by=writer.subject, now=payers.clock())

        given = body.model_dump_json(exclude_unset=True).encode()
        return await order(request, payer_id, given, command_for)

    @router.post("/suspensions", status_code=201, response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def suspend(
        payer_id: UUID, body: SuspensionBody, writer: Writer, request: Request
    ) -> Response:
        command = SuspendPayer(
            reason_code=body.reason_code, suspended_by=writer.subject, now=payers.clock()
        )
        return await order(request, payer_id, body, lambda _: command, 201)

    @router.post("/reinstatements", status_code=201, response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def reinstate(payer_id: UUID, writer: Writer, request: Request) -> Response:
        command = ReinstatePayer(reinstated_by=writer.subject, now=payers.clock())
        return await order(request, payer_id, b"", lambda _: command, 201)

    @router.post("/acceptance", response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def accept(payer_id: UUID, body: PayerBody, writer: Writer, request: Request) -> Response:
        with faults_answered(request):
            details = validate_payer(body)
        command = AcceptPayer(details=details, accepted_by=writer.subject, now=payers.clock())
        return await order(request, payer_id, body, lambda _: command)

    @router.post("/refusal", response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def refuse(
        payer_id: UUID, body: RefusalBody, writer: Writer, request: Request
    ) -> Response:
        with faults_answered(request):
            validate_refusal(body)
        command = RefusePayer(
            reason_code=body.reason_code,
            same_as=body.same_as,
            refused_by=writer.subject,
            now=payers.clock(),
        )
        return await order(request, payer_id, body, lambda _: command)

    return router
