"""Disputes about documents: operators dismiss them."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta, may_refuse
from vinculo.onboarding.application.disputes import Disputes, PersonUnknown
from vinculo.onboarding.domain.activation_decisions import DisputeDismissal, NotDisputed
from vinculo.onboarding.domain.identity_correction import OwnRecordCorrection
from vinculo.onboarding.forms.fields import FormBody

Operator = Annotated[Principal, Depends(requires(Permission.CLAIMS_DECIDE))]


class DisputeDismissalBody(FormBody):
    reason_code: DisputeDismissal


def disputes_api(disputes: Disputes, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["document disputes"])

    @router.post("/people/{person_id}/document-dispute/dismissal", status_code=204)
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(NotDisputed, PersonUnknown, OwnRecordCorrection)
    async def dismiss_document_dispute(
        person_id: UUID, body: DisputeDismissalBody, operator: Operator, request: Request
    ) -> Response:
        """The account's owner is the holder of the document; a later dispute is marked again."""

        async def run() -> Response:
            cause = idempotency.idempotent_id_or_none(request, "document-disputes")
            meta = replace(current_meta(request), causation_id=cause)
            await disputes.dismiss(person_id, body.reason_code, operator.subject, meta)
            return Response(status_code=204)

        return await idempotency.run_once(request, "document-disputes", body, run)

    return router
