"""Claims to documents: opened with a link of a losing submission, decided by operators."""

from dataclasses import asdict, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Idempotency,
    accepts_headers,
    current_meta,
    etag,
    if_match,
    may_refuse,
    public,
)
from vinculo.httpapi.catalogue import preferred_language
from vinculo.httpapi.cursors import CursorUnreadable
from vinculo.httpapi.rate_limits import RateLimited
from vinculo.onboarding.application.claim_decisions import ClaimDecisions, DocumentHeldByAnother
from vinculo.onboarding.application.document_claims import (
    ClaimDecision,
    ClaimOpening,
    ClaimReader,
    DocumentClaimedAlready,
    DocumentNotActivated,
    Holder,
    ReadClaim,
)
from vinculo.onboarding.domain.document_claim import (
    ClaimDecided,
    ClaimReason,
    NoSuchClaim,
    ReasonNotFitting,
)
from vinculo.onboarding.domain.identity_correction import OwnRecordCorrection
from vinculo.onboarding.forms.fields import FormBody, Token
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.http.field_codes import TEXT_CODES
from vinculo.onboarding.http.problems import LINK_REFUSALS, form_errors_as_problems
from vinculo.onboarding.http.schemas import REASON, PersonalDetailsAnswer
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.storage.document_claims import ClaimState
from vinculo.translation import Language
from vinculo.values.names import short_text

Operator = Annotated[Principal, Depends(requires(Permission.CLAIMS_DECIDE))]


class DocumentClaimBody(FormBody):
    """The link of a submission that lost, and what supports the claim."""

    link_id: UUID
    token: Token
    statement: Annotated[str, Field(max_length=1000)] | None = None


class DocumentClaimOpenedAnswer(BaseModel):
    """`expires_at` is when the claim ends without a decision."""

    claim_id: UUID
    expires_at: datetime


class ClaimLinkBody(FormBody):
    """The link with which the claim was opened."""

    link_id: UUID
    token: Token


class ClaimTokenAnswer(BaseModel):
    """`access_token` is valid for this claim only, until `access_token_expires_at`.

    `expires_at` is when the claim ends without a decision.
    """

    claim_id: UUID
    expires_at: datetime
    access_token: str
    access_token_expires_at: datetime


class ClaimDecisionKind(StrEnum):
    GRANT = "grant"
    REFUSE = "refuse"


class ClaimDecisionBody(FormBody):
    decision: ClaimDecisionKind
    reason: ClaimReason


class ClaimDecisionAnswer(BaseModel):
    """`by` is missing for a claim that expired; `claimant_id` is the person it was granted to."""

    at: datetime
    reason: ClaimReason | None = None
    reason_in_words: str | None = None
    by: UUID | None = None
    claimant_id: UUID | None = None


class DocumentClaimAnswer(BaseModel):
    """`holder` is the person whose account has the document; its profile has that id.

    The names are missing once the claimant's data has been destroyed.
    """

    claim_id: UUID
    state: ClaimState
    opened_at: datetime
    expires_at: datetime
    holder: UUID
    given_names: str | None = None
    surnames: str | None = None
    decision: ClaimDecisionAnswer | None = None


class DocumentClaimsAnswer(BaseModel):
    items: list[DocumentClaimAnswer]
    next_cursor: str | None = None


class ClaimSideAnswer(BaseModel):
    """One of the two people: what they registered. Missing once it has been destroyed."""

    details: PersonalDetailsAnswer | None = None
    email: str | None = None
    phone: str | None = None


class DocumentClaimDetailsAnswer(BaseModel):
    claim: DocumentClaimAnswer
    statement: str | None = None
    claimant: ClaimSideAnswer
    holder: ClaimSideAnswer


def document_claims_api(opening: ClaimOpening, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["document claims"])

    @router.post("/document-claims", status_code=201, response_model=DocumentClaimOpenedAnswer)
    @public
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(
        *LINK_REFUSALS,
        DocumentNotActivated,
        DocumentClaimedAlready,
        RateLimited,
        field_codes=TEXT_CODES,
    )
    async def open_document_claim(body: DocumentClaimBody, request: Request) -> Response:
        """For links that are refused with `document-activated-by-another`; one a week."""
        form = FormValidator()
        with form_errors_as_problems(request):
            statement = form.validate_optional("statement", body.statement, short_text)
            form.raise_if_invalid()

        async def run() -> Response:
            claim = await opening.open(
                body.link_id,
                body.token,
                statement,
                idempotency.idempotent_id(request, "document-claims"),
                current_meta(request),
            )
            answer = DocumentClaimOpenedAnswer(claim_id=claim.claim_id, expires_at=claim.expires_at)
            return Response(answer.model_dump_json(), 201, media_type="application/json")

        return await idempotency.run_once(request, "document-claims", body, run)

    @router.post("/document-claim-access-tokens", status_code=201)
    @public
    @may_refuse(*LINK_REFUSALS, DocumentNotActivated, NoSuchClaim, ClaimDecided)
    async def issue_claim_token(body: ClaimLinkBody, response: Response) -> ClaimTokenAnswer:
        """To send files for the open claim of the link; valid for ten minutes."""
        access = await opening.issue_token(body.link_id, body.token)
        response.headers["cache-control"] = "no-store"
        return ClaimTokenAnswer(
            claim_id=access.claim.claim_id,
            expires_at=access.claim.expires_at,
            access_token=access.token,
            access_token_expires_at=access.expires_at,
        )

    return router


def claim_decisions_api(
    claims: ClaimReader, decisions: ClaimDecisions, idempotency: Idempotency
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["document claims"])

    @router.get("/document-claims", response_model_exclude_none=True)
    @may_refuse(CursorUnreadable)
    async def list_document_claims(
        _: Operator,
        request: Request,
        response: Response,
        state: ClaimState | None = None,
        limit: Annotated[int, Query(ge=1, le=50)] = 20,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> DocumentClaimsAnswer:
        """The oldest first."""
        page = await claims.page(state, cursor, limit)
        language = preferred_language(request.headers)
        response.headers["cache-control"] = "no-store"
        return DocumentClaimsAnswer(
            items=[_claim(each, language) for each in page.claims],
            next_cursor=page.next_cursor,
        )

    @router.get("/document-claims/{claim_id}", response_model_exclude_none=True)
    @may_refuse(NoSuchClaim)
    async def read_document_claim(
        claim_id: UUID, _: Operator, request: Request, response: Response
    ) -> DocumentClaimDetailsAnswer:
        """The claimant's side and the holder's; the version for `If-Match` is in `ETag`."""
        claim = await claims.read(claim_id)
        holder = await claims.holder(claim)
        response.headers["etag"] = etag(claim.version)
        response.headers["cache-control"] = "no-store"
        return DocumentClaimDetailsAnswer(
            claim=_claim(claim, preferred_language(request.headers)),
            statement=None if claim.claimant is None else claim.claimant.statement,
            claimant=_claimant_side(claim),
            holder=_holder_side(holder),
        )

    @router.post(
        "/document-claims/{claim_id}/decision",
        response_model=DocumentClaimAnswer,
        response_model_exclude_none=True,
    )
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(
        NoSuchClaim, ClaimDecided, ReasonNotFitting, OwnRecordCorrection, DocumentHeldByAnother
    )
    async def decide_document_claim(
        claim_id: UUID, body: ClaimDecisionBody, operator: Operator, request: Request
    ) -> Response:
        """A granted claim moves the document: the holder is blocked, the claimant gets a link."""
        expected_version = if_match(request)

        async def run() -> Response:
            cause = idempotency.idempotent_id_or_none(request, "claim-decisions")
            meta = replace(current_meta(request), causation_id=cause)
            grants = body.decision is ClaimDecisionKind.GRANT
            decide = decisions.grant if grants else decisions.refuse
            claim = await decide(claim_id, body.reason, operator.subject, expected_version, meta)
            answer = _claim(claim, preferred_language(request.headers))
            return Response(
                answer.model_dump_json(exclude_none=True),
                headers={"etag": etag(claim.version)},
                media_type="application/json",
            )

        return await idempotency.run_once(request, "claim-decisions", body, run)

    return router


def _claim(claim: ReadClaim, language: Language) -> DocumentClaimAnswer:
    row, claimant, decision = claim.row, claim.claimant, claim.decision
    return DocumentClaimAnswer(
        claim_id=row.claim_id,
        state=row.state,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        holder=row.holder,
        given_names=None if claimant is None else claimant.given_names,
        surnames=None if claimant is None else claimant.surnames,
        decision=None if decision is None else _decision(decision, language),
    )


def _decision(decision: ClaimDecision, language: Language) -> ClaimDecisionAnswer:
    reason = decision.reason_code
    return ClaimDecisionAnswer(
        at=decision.at,
        reason=reason,
        reason_in_words=None if reason is None else MESSAGES.text(REASON, reason, language),
        by=decision.by,
        claimant_id=decision.claimant_id,
    )


def _claimant_side(claim: ReadClaim) -> ClaimSideAnswer:
    claimant = claim.claimant
    if claimant is None:
        return ClaimSideAnswer()
    return ClaimSideAnswer(
        details=PersonalDetailsAnswer(
            country=claim.opened.country,
            document_type=claim.opened.document_type,
            document_number=claimant.document_number,
            given_names=claimant.given_names,
            surnames=claimant.surnames,
            birth_date=claimant.birth_date,
        ),
        email=claimant.email,
        phone=claimant.phone,
    )


def _holder_side(holder: Holder) -> ClaimSideAnswer:
    return ClaimSideAnswer(
        details=None
        if holder.identity is None
        else PersonalDetailsAnswer(**asdict(holder.identity)),
        email=holder.contacts.email,
        phone=holder.contacts.phone,
    )
