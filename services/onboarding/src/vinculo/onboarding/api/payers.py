"""The catalogue of payers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import Idempotency, current_meta
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.payer_form import PayerBody, checked_payer
from vinculo.onboarding.payers import Payers

Reader = Annotated[Principal, Depends(requires(Permission.PAYERS_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.PAYERS_WRITE))]


class PayerAnswer(BaseModel):
    payer_id: UUID
    name: str
    tax_id: str


class PayersFound(BaseModel):
    items: list[PayerAnswer]


class PayerRegistered(BaseModel):
    payer_id: UUID


def payers_api(payers: Payers, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["payers"])

    @router.get("/payers")
    async def search(
        _: Reader,
        q: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> PayersFound:
        found = await payers.search(q, limit)
        return PayersFound(
            items=[
                PayerAnswer(payer_id=payer.payer_id, name=payer.name, tax_id=payer.tax_id)
                for payer in found
            ]
        )

    @router.post("/payers", status_code=201, response_model=PayerRegistered)
    async def register(body: PayerBody, writer: Writer, request: Request) -> Response:
        with faults_answered(request):
            details = checked_payer(body)

        async def run() -> Response:
            payer_id = idempotency.request_id(request, "payers")
            await payers.register(payer_id, details, writer.subject, current_meta(request))
            answer = PayerRegistered(payer_id=payer_id)
            return Response(answer.model_dump_json(), 201, media_type="application/json")

        return await idempotency.once(request, "payers", body, run)

    return router
