"""The checks for tests of services find undeclared headers and problems without a title."""

from pathlib import Path

import pytest
from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.responses import Response

from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    OPTIONAL_IF_MATCH,
    FieldError,
    Idempotency,
    PostgresIdempotencyStore,
    Problem,
    accepts_headers,
    if_match,
    may_refuse,
    service_app,
)
from vinculo.httpapi.testing import (
    header_declaration_problems,
    undeclared_field_codes,
    untitled_problems,
)


def test_every_problem_of_this_library_has_a_title() -> None:
    assert untitled_problems("vinculo.httpapi") == []


def test_a_problem_without_a_title_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "untitled"
    (package / "locale").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "routes.py").write_text('raise Problem(409, "thing-taken")\n')
    (package / "locale" / "es.po").write_text('msgid ""\nmsgstr ""\n')
    monkeypatch.syspath_prepend(str(tmp_path))

    assert untitled_problems("untitled") == ["thing-taken"]


def optional_version(request: Request) -> int | None:
    return if_match(request) if "if-match" in request.headers else None


def test_undeclared_and_unread_headers_are_found() -> None:
    idempotency = Idempotency(
        PostgresIdempotencyStore(create_async_engine("postgresql+asyncpg://nowhere")), b"h"
    )
    router = APIRouter()

    async def read_both(request: Request) -> Response:
        async def run() -> Response:
            return Response(str(if_match(request)))

        return await idempotency.run_once(request, "things", b"", run)

    @router.post("/undeclared")
    async def undeclared(request: Request) -> None:
        await read_both(request)

    @router.post("/declared")
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def declared(request: Request) -> None:
        await read_both(request)

    @router.post("/unread")
    @accepts_headers(IDEMPOTENCY_KEY)
    async def unread() -> None:
        pass

    @router.post("/undeclared-optional")
    async def undeclared_optional(request: Request) -> int | None:
        return optional_version(request)

    @router.post("/declared-optional")
    @accepts_headers(OPTIONAL_IF_MATCH)
    async def declared_optional(request: Request) -> int | None:
        return optional_version(request)

    assert header_declaration_problems(service_app("x", [router], readiness={})) == [
        "POST /undeclared reads Idempotency-Key undeclared",
        "POST /undeclared reads If-Match undeclared",
        "POST /undeclared-optional reads If-Match undeclared",
        "POST /unread declares Idempotency-Key and does not read it",
    ]


class LoudText(BaseModel):
    text: str


def require_quiet(loud: LoudText) -> LoudText:
    if loud.text.isupper():
        error = FieldError("text", "too_loud", "Not so loud")
        raise Problem(422, "request-invalid", errors=[error])
    return loud


def test_codes_of_invalid_fields_that_are_not_declared_are_found() -> None:
    router = APIRouter()

    @router.post("/undeclared")
    async def undeclared(loud: LoudText) -> LoudText:
        return require_quiet(loud)

    @router.post("/declared")
    @may_refuse(field_codes={"too_loud"})
    async def declared(loud: LoudText) -> LoudText:
        return require_quiet(loud)

    @router.post("/form/validation")
    async def live_check(loud: LoudText) -> LoudText:
        return require_quiet(loud)

    app = service_app("x", [router], readiness={}, examples={"text": "hello"})

    assert undeclared_field_codes(app, {"too_loud", "too_soft"}) == [
        "POST /undeclared gives too_loud undeclared"
    ]
