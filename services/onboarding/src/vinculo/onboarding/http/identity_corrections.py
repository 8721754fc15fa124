"""Corrections of an identity, and the operators' decisions on those of customers."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from vinculo.access import Permission, Principal, requires
from vinculo.events import Meta
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta, may_refuse
from vinculo.onboarding.application.identity_corrections import (
    CorrectionForReview,
    CorrectionReviewService,
    IdentityCorrectionService,
)
from vinculo.onboarding.domain.identity_correction import (
    CorrectionOpenAlready,
    CorrectionRefusal,
    RefusalNoteIsMissing,
)
from vinculo.onboarding.forms.fields import FormBody
from vinculo.onboarding.forms.identity import PersonalDetailsBody
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.http.field_codes import IDENTITY_CODES, TEXT_CODES
from vinculo.onboarding.http.problems import (
    CORRECTION_DECISION_REFUSALS,
    REAUTHENTICATION_REFUSALS,
    form_errors_as_problems,
)
from vinculo.onboarding.http.schemas import PersonalDetailsAnswer
from vinculo.onboarding.storage.identity_reservations import DocumentTaken
from vinculo.values.names import short_text

Applicant = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]
Operator = Annotated[Principal, Depends(requires(Permission.IDENTITY_CORRECTIONS_DECIDE))]


class CorrectionMade(BaseModel):
    """`requested` waits for an operator; the new document is reserved until then."""

    state: Literal["corrected", "unchanged", "requested"]
    correction_id: UUID | None = None


class OpenCorrectionAnswer(BaseModel):
    correction_id: UUID
    person_id: UUID
    requested_at: datetime
    current: PersonalDetailsAnswer
    requested: PersonalDetailsAnswer


class OpenCorrections(BaseModel):
    items: list[OpenCorrectionAnswer]


class CorrectionRefusalBody(FormBody):
    reason_code: CorrectionRefusal
    note: Annotated[str, Field(max_length=500)] | None = None


class Decided(BaseModel):
    pass


def identity_corrections_api(
    corrections: IdentityCorrectionService, idempotency: Idempotency
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["identity corrections"])
    review = CorrectionReviewService(corrections=corrections)

    @router.put(
        "/me/personal-details",
        response_model_exclude_none=True,
        responses={202: {"model": CorrectionMade}},
    )
    @may_refuse(
        *REAUTHENTICATION_REFUSALS, DocumentTaken, CorrectionOpenAlready, field_codes=IDENTITY_CODES
    )
    async def correct_personal_details(
        body: PersonalDetailsBody, applicant: Applicant, request: Request, response: Response
    ) -> CorrectionMade:
        """Effective at once before promotion; afterwards 202, and an operator decides."""
        with form_errors_as_problems(request):
            made = await corrections.correct(applicant.subject, body, current_meta(request))
        if made.requested:
            response.status_code = 202
            return CorrectionMade(state="requested", correction_id=made.correction_id)
        if made.correction_id is None:
            return CorrectionMade(state="unchanged")
        return CorrectionMade(state="corrected", correction_id=made.correction_id)

    @router.get("/identity-corrections")
    async def list_identity_corrections(
        _: Operator, limit: Annotated[int, Query(ge=1, le=50)] = 20
    ) -> OpenCorrections:
        """Open corrections, the oldest first."""
        return OpenCorrections(
            items=[_open_correction_response(each) for each in await review.open(limit)]
        )

    @router.post("/identity-corrections/{correction_id}/approval", response_model=Decided)
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(*CORRECTION_DECISION_REFUSALS, DocumentTaken)
    async def approve_identity_correction(
        correction_id: UUID, operator: Operator, request: Request
    ) -> Response:
        async def decide(meta: Meta) -> None:
            await review.approve(correction_id, operator.subject, meta)

        return await _run_once(idempotency, request, b"", decide)

    @router.post("/identity-corrections/{correction_id}/refusal", response_model=Decided)
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(*CORRECTION_DECISION_REFUSALS, RefusalNoteIsMissing, field_codes=TEXT_CODES)
    async def refuse_identity_correction(
        correction_id: UUID, body: CorrectionRefusalBody, operator: Operator, request: Request
    ) -> Response:
        form = FormValidator()
        with form_errors_as_problems(request):
            note = form.validate_optional("note", body.note, short_text)
            form.raise_if_invalid()

        async def decide(meta: Meta) -> None:
            await review.refuse(correction_id, body.reason_code, note, operator.subject, meta)

        return await _run_once(idempotency, request, body, decide)

    return router


async def _run_once(
    idempotency: Idempotency,
    request: Request,
    body: BaseModel | bytes,
    decide: Callable[[Meta], Awaitable[None]],
) -> Response:
    async def run() -> Response:
        cause = idempotency.idempotent_id_or_none(request, "identity-corrections")
        await decide(replace(current_meta(request), causation_id=cause))
        return Response(Decided().model_dump_json(), media_type="application/json")

    return await idempotency.run_once(request, "identity-corrections", body, run)


def _open_correction_response(correction: CorrectionForReview) -> OpenCorrectionAnswer:
    return OpenCorrectionAnswer(
        correction_id=correction.row.correction_id,
        person_id=correction.row.person_id,
        requested_at=correction.row.requested_at,
        current=PersonalDetailsAnswer(**asdict(correction.current)),
        requested=PersonalDetailsAnswer(**asdict(correction.requested)),
    )
