"""Routes for records, explained requirements, status changes and erasures."""

from dataclasses import asdict, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from vinculo.access import Permission, Principal, requires
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.erasures import (
    ErasureIsUnknown,
    erase_record,
    read_erasure,
)
from vinculo.customer_registry.application.queries import (
    RequirementsNotEvaluated,
    read_evaluation,
    read_record,
)
from vinculo.customer_registry.application.status_changes import change_status
from vinculo.customer_registry.application.status_history import read_status_history
from vinculo.customer_registry.domain.customer_decisions import EraseRecord
from vinculo.customer_registry.domain.customer_refusals import (
    ActivationOutstanding,
    IdentityIsDisputed,
    NoteIsMissing,
    PersonIsUnknown,
    ReasonDoesNotFit,
    ReasonIsReserved,
    RecordIsBlocked,
    RecordIsErased,
    RequirementsNotMet,
    TransitionNotAllowed,
    UnblockingNeedsAdministrator,
)
from vinculo.customer_registry.domain.status_transitions import ChangeStatus, possible_changes
from vinculo.customer_registry.http.problems import CHANGE_REFUSALS
from vinculo.customer_registry.http.schemas import (
    ErasureAnswer,
    ErasureRequest,
    ErasureRequested,
    PersonAnswer,
    RequirementsAnswer,
    StatusChange,
    StatusChanged,
    StatusHistoryAnswer,
    StatusHistoryEntryAnswer,
    erasure_answer,
    person_answer,
    requirements_answer,
)
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
from vinculo.httpapi.catalogue import preferred_language

Reader = Annotated[Principal, Depends(requires(Permission.PROFILE_READ))]
Operator = Annotated[Principal, Depends(requires(Permission.STATUS_CHANGE))]
Eraser = Annotated[Principal, Depends(requires(Permission.ERASE))]


def registry_api(dependencies: RegistryDependencies, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/registry/v1", tags=["registry"])

    @router.get("/people/{person_id}", response_model_exclude_none=True)
    @may_refuse(PersonIsUnknown, RecordIsErased)
    async def read_person(
        person_id: UUID, reader: Reader, request: Request, response: Response
    ) -> PersonAnswer:
        found = await read_record(dependencies, person_id)
        response.headers["etag"] = etag(found.version)
        may_change = reader.may(Permission.STATUS_CHANGE) and reader.subject != person_id
        possible = (
            possible_changes(found.state, may_unblock=reader.may(Permission.UNBLOCK))
            if may_change
            else {}
        )
        return person_answer(person_id, found, possible, preferred_language(request.headers))

    @router.get("/people/{person_id}/requirements")
    @may_refuse(PersonIsUnknown, RecordIsErased, RequirementsNotEvaluated)
    async def explain_requirements(
        person_id: UUID, _: Reader, request: Request, response: Response
    ) -> RequirementsAnswer:
        explained = await read_evaluation(dependencies, person_id)
        response.headers["etag"] = etag(explained.version)
        return requirements_answer(person_id, explained, preferred_language(request.headers))

    @router.get("/people/{person_id}/status-changes", response_model_exclude_none=True)
    @may_refuse(PersonIsUnknown, RecordIsErased)
    async def list_status_changes(
        person_id: UUID, _: Reader, response: Response
    ) -> StatusHistoryAnswer:
        response.headers["cache-control"] = "no-store"
        entries = await read_status_history(dependencies, person_id)
        return StatusHistoryAnswer(
            items=[StatusHistoryEntryAnswer(**asdict(entry)) for entry in entries]
        )

    @router.post(
        "/people/{person_id}/status-changes", status_code=201, response_model=StatusChanged
    )
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(
        *CHANGE_REFUSALS,
        RecordIsBlocked,
        IdentityIsDisputed,
        ReasonIsReserved,
        ReasonDoesNotFit,
        NoteIsMissing,
        UnblockingNeedsAdministrator,
        ActivationOutstanding,
        TransitionNotAllowed,
        RequirementsNotMet,
    )
    async def make_status_change(
        person_id: UUID, body: StatusChange, operator: Operator, request: Request
    ) -> Response:
        expected_version = if_match(request)

        async def run() -> Response:
            command = ChangeStatus(
                person_id=person_id,
                to=body.status,
                reason_code=body.reason_code,
                note=body.note,
                by=operator.subject,
                may_unblock=operator.may(Permission.UNBLOCK),
                now=dependencies.clock(),
                expected_version=expected_version,
            )
            cause = idempotency.idempotent_id_or_none(request, "status-changes")
            meta = replace(current_meta(request), causation_id=cause)
            current = await change_status(dependencies, command, meta=meta)
            answer = StatusChanged(status=current.status, version=current.version)
            return _json(answer, 201, etag=etag(current.version))

        return await idempotency.run_once(request, "status-changes", body, run)

    @router.post("/people/{person_id}/erasures", status_code=202, response_model=ErasureRequested)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(*CHANGE_REFUSALS, RecordIsBlocked)
    async def request_erasure(
        person_id: UUID, body: ErasureRequest, eraser: Eraser, request: Request
    ) -> Response:
        expected_version = if_match(request)

        async def run() -> Response:
            command = EraseRecord(
                person_id=person_id,
                erasure_id=idempotency.idempotent_id(request, "erasures"),
                reason_code=body.reason_code,
                by=eraser.subject,
                now=dependencies.clock(),
                expected_version=expected_version,
            )
            erasure_id = await erase_record(
                dependencies,
                command,
                note=body.note,
                meta=current_meta(request),
            )
            location = f"/registry/v1/erasures/{erasure_id}"
            return _json(ErasureRequested(erasure_id=erasure_id), 202, location=location)

        return await idempotency.run_once(request, "erasures", body, run)

    @router.get("/erasures/{erasure_id}", response_model_exclude_none=True)
    @may_refuse(ErasureIsUnknown)
    async def show_erasure(erasure_id: UUID, _: Eraser, request: Request) -> ErasureAnswer:
        found, note = await read_erasure(dependencies, erasure_id)
        return erasure_answer(found, note, preferred_language(request.headers))

    return router


def _json(answer: StatusChanged | ErasureRequested, status: int, **headers: str) -> Response:
    return Response(answer.model_dump_json(), status, headers, "application/json")
