"""The catalogue of payers over HTTP: searched by everybody, kept by operations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    Idempotency,
    Problem,
    accepts_headers,
    current_meta,
    etag,
)
from vinculo.onboarding.api.payer_answers import (
    PayerAnswer,
    PayerFound,
    PayerRegistered,
    PayersFound,
    payer_answer,
)
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.forms.payer import PayerBody, validate_payer
from vinculo.onboarding.income.payers import Payers
from vinculo.onboarding.storage.payers import PayerStatus

Reader = Annotated[Principal, Depends(requires(Permission.PAYERS_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.PAYERS_WRITE))]


def payers_api(payers: Payers, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["payers"])

    @router.get("/payers", response_model_exclude_none=True)
    async def search(
        reader: Reader,
        q: Annotated[str, Query(max_length=100)] = "",
        status: Annotated[list[PayerStatus] | None, Query(max_length=4)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> PayersFound:
        """Active ones, by the beginnings of words; operators may ask for others."""
        wanted = set(status or [PayerStatus.ACTIVE])
        if wanted != {PayerStatus.ACTIVE} and not reader.may(Permission.PAYERS_WRITE):
            raise Problem(403, "forbidden")
        found = await payers.search(q, wanted, limit)
        return PayersFound(
            items=[
                PayerFound(
                    payer_id=payer.payer_id,
                    name=payer.name,
                    tax_id=payer.tax_id,
                    status=payer.status,
                    same_as=payer.same_as,
                )
                for payer in found
            ]
        )

    @router.get("/payers/{payer_id}", response_model_exclude_none=True)
    async def payer(payer_id: UUID, reader: Reader, response: Response) -> PayerAnswer:
        known = await payers.read(payer_id)
        response.headers["etag"] = etag(known.version)
        return payer_answer(known, whole=reader.may(Permission.PAYERS_WRITE))

    @router.post("/payers", status_code=201, response_model=PayerRegistered)
    @accepts_headers(IDEMPOTENCY_KEY)
    async def register(body: PayerBody, writer: Writer, request: Request) -> Response:
        with faults_answered(request):
            details = validate_payer(body)

        async def run() -> Response:
            payer_id = idempotency.idempotent_id(request, "payers")
            await payers.register(payer_id, details, writer.subject, current_meta(request))
            answer = PayerRegistered(payer_id=payer_id)
            return Response(answer.model_dump_json(), 201, media_type="application/json")

        return await idempotency.run_once(request, "payers", body, run)

    return router
