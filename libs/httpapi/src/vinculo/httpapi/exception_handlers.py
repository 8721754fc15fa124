"""Turns exceptions into problem responses."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from vinculo.events import VersionConflict
from vinculo.httpapi.catalogue import preferred_language, problem_title, retry_advice
from vinculo.httpapi.context import context_from, request_context
from vinculo.httpapi.field_errors import field_errors, translated_error
from vinculo.httpapi.headers import allowed_methods
from vinculo.httpapi.problem_types import Refusals
from vinculo.httpapi.problems import Problem, problem_response
from vinculo.translation import Catalogue, Language

ProblemObserver = Callable[[Request, Problem], None]
problem_observers: list[ProblemObserver] = []
"""Called with each problem that a route responds with; the tests register one."""

_COMMON_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}


def problem_renderer(catalogue: Catalogue) -> Callable[[Scope, Problem], Response]:
    """A function that renders problems in the language of the request."""

    def render(scope: Scope, problem: Problem) -> Response:
        headers = Headers(scope=scope)
        context = request_context.get() or context_from(headers)
        language = preferred_language(headers)
        response = problem_response(
            problem,
            title=problem_title(catalogue, problem.type, problem.status, language),
            detail=_detail(problem, language),
            errors=[translated_error(error, language, catalogue) for error in problem.errors],
            trace_id=context.trace_id,
        )
        response.headers["content-language"] = language
        return response

    return render


def install_exception_handlers(
    app: FastAPI,
    *,
    render: Callable[[Scope, Problem], Response],
    catalogue: Catalogue,
    refusals: Refusals,
) -> None:
    """Handle problems, validation errors, Starlette's errors, version conflicts and refusals."""

    def register(kind: type[Exception], translate: Callable[[Request, Any], Problem]) -> None:
        async def respond(request: Request, error: Exception) -> Response:
            problem = translate(request, error)
            for observe in problem_observers:
                observe(request, problem)
            return render(request.scope, problem)

        app.add_exception_handler(kind, respond)

    def invalid(request: Request, error: RequestValidationError) -> Problem:
        language = preferred_language(request.headers)
        return Problem(
            422, "request-invalid", errors=field_errors(error.errors(), language, catalogue)
        )

    register(Problem, lambda _, problem: problem)
    register(RequestValidationError, invalid)
    register(HTTPException, _from_status)
    register(VersionConflict, lambda request, _: _from_conflict(request))
    for kind, refusal in refusals.items():
        register(kind, _translation(refusal))


def _detail(problem: Problem, language: Language) -> str | None:
    if problem.detail is not None or problem.retry_after_seconds is None:
        return problem.detail
    return retry_advice(problem.retry_after_seconds, language)


def _translation(
    refusal: tuple[int, str] | Callable[[Any], Problem],
) -> Callable[[Request, Any], Problem]:
    if isinstance(refusal, tuple):
        status, slug = refusal
        return lambda _, __: Problem(status, slug)
    return lambda _, error: refusal(error)


def _from_status(request: Request, error: HTTPException) -> Problem:
    slug = _COMMON_STATUS.get(error.status_code, f"status-{error.status_code}")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed_methods(request)
    return Problem(error.status_code, slug, headers=headers)


def _from_conflict(request: Request) -> Problem:
    if "if-match" in request.headers:
        return Problem(412, "version-changed")
    return Problem(409, "stream-changed")
