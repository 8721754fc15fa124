"""The catalogue of payers: searched by everyone, maintained by operations.

Commands on a payer name the version that was seen, in `If-Match`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Idempotency,
    Problem,
    accepts_headers,
    current_meta,
    etag,
    if_match,
    may_refuse,
)
from vinculo.onboarding.application.payers import PayerCatalogue, VersionedPayer
from vinculo.onboarding.domain.payer import Declined, Listed, Payer, PayerDetails, Proposed
from vinculo.onboarding.domain.payer_decisions import (
    AcceptPayer,
    ChangePayer,
    NoSuchPayer,
    NotAProposal,
    PayerCommand,
    PayerIdTaken,
    PayerNotListed,
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
from vinculo.onboarding.http.field_codes import PAYER_CODES, SAME_PAYER_CODES
from vinculo.onboarding.http.problems import form_errors_as_problems
from vinculo.onboarding.storage.payers import PayerStatus, TaxIdTaken, payer_status

Reader = Annotated[Principal, Depends(requires(Permission.PAYERS_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.PAYERS_WRITE))]


class PayerFound(BaseModel):
    payer_id: UUID
    name: str
    tax_id: str | None = None
    status: PayerStatus
    same_as: UUID | None = None


class PayersFound(BaseModel):
    items: list[PayerFound]


class PayerRegistered(BaseModel):
    payer_id: UUID


class ContactAnswer(BaseModel):
    name: str
    phone: str | None = None
    email: str | None = None


class PayerAnswer(PayerFound):
    """Only operations see agreement and contact."""

    agreement: str | None = None
    contact: ContactAnswer | None = None


class PayerChanged(BaseModel):
    payer_id: UUID
    status: PayerStatus
    version: int


def payer_response(known: VersionedPayer, *, whole: bool) -> PayerAnswer:
    """With `whole`, agreement and contact, too.

    Raises:
        NoSuchPayer: also for payers outside the catalogue, unless `whole`.

    """
    payer, status = known.payer, payer_status(known.payer)
    match payer:
        case Listed(details=details):
            response = PayerAnswer(
                payer_id=known.payer_id, name=details.name, tax_id=details.tax_id, status=status
            )
            if whole:
                response.agreement = details.agreement
                response.contact = _payer_contact_response(details)
            return response
        case Proposed(name=name, tax_id=tax_id) | Declined(name=name, tax_id=tax_id) if whole:
            same_as = payer.same_as if isinstance(payer, Declined) else None
            return PayerAnswer(
                payer_id=known.payer_id, name=name, tax_id=tax_id, status=status, same_as=same_as
            )
        case _:
            raise NoSuchPayer


def payer_changed_response(known: VersionedPayer) -> PayerChanged:
    return PayerChanged(
        payer_id=known.payer_id, status=payer_status(known.payer), version=known.version
    )


def _payer_contact_response(details: PayerDetails) -> ContactAnswer | None:
    if details.contact_name is None:
        return None
    return ContactAnswer(
        name=details.contact_name, phone=details.contact_phone, email=details.contact_email
    )


def payers_api(payers: PayerCatalogue, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["payers"])

    @router.get("/payers", response_model_exclude_none=True)
    async def search_payers(
        reader: Reader,
        q: Annotated[str, Query(max_length=100)] = "",
        status: Annotated[list[PayerStatus] | None, Query(max_length=4)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> PayersFound:
        """Active payers by name or tax id, in Spanish order; operators may search for others."""
        statuses = set(status or [PayerStatus.ACTIVE])
        if statuses != {PayerStatus.ACTIVE} and not reader.may(Permission.PAYERS_WRITE):
            raise Problem(403, "forbidden")
        found = await payers.search(q, statuses, limit)
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
    @may_refuse(NoSuchPayer)
    async def read_payer(payer_id: UUID, reader: Reader, response: Response) -> PayerAnswer:
        known = await payers.read(payer_id)
        response.headers["etag"] = etag(known.version)
        return payer_response(known, whole=reader.may(Permission.PAYERS_WRITE))

    @router.post("/payers", status_code=201, response_model=PayerRegistered)
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(TaxIdTaken, PayerIdTaken, field_codes=PAYER_CODES)
    async def register_payer(body: PayerBody, writer: Writer, request: Request) -> Response:
        with form_errors_as_problems(request):
            details = validate_payer(body)

        async def run() -> Response:
            payer_id = idempotency.idempotent_id(request, "payers")
            await payers.register(payer_id, details, writer.subject, current_meta(request))
            registered = PayerRegistered(payer_id=payer_id)
            return Response(registered.model_dump_json(), 201, media_type="application/json")

        return await idempotency.run_once(request, "payers", body, run)

    return router


def payer_commands_api(payers: PayerCatalogue, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/payers/{payer_id}", tags=["payers"])

    async def run_command(
        request: Request,
        payer_id: UUID,
        body: BaseModel | bytes,
        command_for: Callable[[Payer], PayerCommand],
        status_code: int = 200,
    ) -> Response:
        expected_version = if_match(request)

        async def run() -> Response:
            with form_errors_as_problems(request):
                known = await payers.change(
                    payer_id,
                    command_for,
                    expected_version=expected_version,
                    cause=idempotency.idempotent_id_or_none(request, "payers"),
                    meta=current_meta(request),
                )
            content = payer_changed_response(known).model_dump_json()
            headers = {"etag": etag(known.version)}
            return Response(content, status_code, headers, "application/json")

        return await idempotency.run_once(request, "payers", body, run)

    @router.patch("", response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(NoSuchPayer, PayerNotListed, TaxIdTaken, field_codes=PAYER_CODES)
    async def change_payer(
        payer_id: UUID, body: PayerChangeBody, writer: Writer, request: Request
    ) -> Response:
        with form_errors_as_problems(request):
            changes = validate_payer_changes(body)

        def command_for(payer: Payer) -> ChangePayer:
            details = replace(require_listed_payer(payer).details, **changes)
            return ChangePayer(details=details, changed_by=writer.subject, now=payers.clock())

        given = body.model_dump_json(exclude_unset=True).encode()
        return await run_command(request, payer_id, given, command_for)

    @router.post("/suspensions", status_code=201, response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(NoSuchPayer, PayerNotListed)
    async def suspend_payer(
        payer_id: UUID, body: SuspensionBody, writer: Writer, request: Request
    ) -> Response:
        command = SuspendPayer(
            reason_code=body.reason_code, suspended_by=writer.subject, now=payers.clock()
        )
        return await run_command(request, payer_id, body, lambda _: command, 201)

    @router.post("/reinstatements", status_code=201, response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(NoSuchPayer, PayerNotListed)
    async def reinstate_payer(payer_id: UUID, writer: Writer, request: Request) -> Response:
        command = ReinstatePayer(reinstated_by=writer.subject, now=payers.clock())
        return await run_command(request, payer_id, b"", lambda _: command, 201)

    @router.post("/acceptance", response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(NoSuchPayer, NotAProposal, TaxIdTaken, field_codes=PAYER_CODES)
    async def accept_payer(
        payer_id: UUID, body: PayerBody, writer: Writer, request: Request
    ) -> Response:
        with form_errors_as_problems(request):
            details = validate_payer(body)
        command = AcceptPayer(details=details, accepted_by=writer.subject, now=payers.clock())
        return await run_command(request, payer_id, body, lambda _: command)

    @router.post("/refusal", response_model=PayerChanged)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(NoSuchPayer, NotAProposal, field_codes=SAME_PAYER_CODES)
    async def refuse_payer(
        payer_id: UUID, body: RefusalBody, writer: Writer, request: Request
    ) -> Response:
        with form_errors_as_problems(request):
            validate_refusal(body)
        command = RefusePayer(
            reason_code=body.reason_code,
            same_as=body.same_as,
            refused_by=writer.subject,
            now=payers.clock(),
        )
        return await run_command(request, payer_id, body, lambda _: command)

    return router
