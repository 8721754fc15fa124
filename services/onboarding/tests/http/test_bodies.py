"""Invalid bodies, on every route that has one, give a problem document and change nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from vinculo.access import Role
from vinculo.eventstore.tables import events
from vinculo.onboarding.storage.tables import accounts, code_tries, metadata, sign_in_attempts

from ..service_fixture import PASSWORD, ServiceFixture, registration_body

pytestmark = pytest.mark.servers

JSON = {"content-type": "application/json"}

HUGE = "a" * 100_000

MARKS = "Ana\u202e\u2066\u200f"

CONTROLS = "Ana\x07\x1b[31m"

BAD_VALUES: tuple[Any, ...] = (HUGE, MARKS, CONTROLS, 10**400, {"a": [[]]}, [None])

ALWAYS_ALIKE = {
    # The first two report errors with status 200; the third always responds in the same way.
    "/onboarding/v1/registrations/validation",
    "/onboarding/v1/me/employment/validation",
    "/onboarding/v1/password-resets",
}

COUNTERS = {code_tries, sign_in_attempts}
NAMED = ("given_names", "surnames", "email", "phone", "document_number", "document_type", "project")


def routes_with_bodies(service: ServiceFixture) -> Iterator[tuple[str, str, list[str]]]:
    """Method, path and fields of each, from the OpenAPI document."""
    document = service.app.openapi()
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                continue
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            named = schema.get("$ref", "").rpartition("/")[2]
            fields = list(schemas.get(named, schema).get("properties", {}))
            yield (
                method.upper(),
                path.replace("{", "00000000-0000-7000-8000-").replace("}", ""),
                fields,
            )


async def stored_rows(service: ServiceFixture) -> dict[str, int]:
    """The number of rows of every table, except those that count attempts."""
    tables = [table for table in metadata.tables.values() if table not in COUNTERS]
    return {table.name: await service.rows(table) for table in (*tables, events)}


async def problem_status(
    service: ServiceFixture, method: str, path: str, content: bytes, headers: dict[str, str]
) -> int:
    """The status of a problem document."""
    response = await service.client.request(method, path, content=content, headers=headers)
    assert response.headers["content-type"] == "application/problem+json", (path, content[:80])
    problem = response.json()
    assert problem["type"].startswith("urn:vinculo:problem:")
    assert problem["status"] == response.status_code
    assert len(response.content) < 20_000
    return response.status_code


async def test_no_route_accepts_malformed_json_or_other_content_types(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    before = await stored_rows(service)
    for method, path, fields in routes_with_bodies(service):
        header = session if "/me/" in path else service.staff_header(Role.ADMIN)
        name = fields[0].encode() if fields else b"x"
        twice = b'{"' + name + b'": "a", "' + name + b'": "b"}'
        nul = b'{"' + name + rb'": "a\u0000b"}'
        for malformed in (twice, nul, b"{"):
            status = await problem_status(service, method, path, malformed, {**JSON, **header})
            assert status == 400, path
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            typed = {"content-type": kind, **header}
            assert await problem_status(service, method, path, b'{"x": 1}', typed) == 415
    assert await stored_rows(service) == before


async def test_no_field_accepts_huge_texts_marks_controls_or_other_types(
    service: ServiceFixture,
) -> None:
    """Missing required fields are errors, too; in any case nothing may be stored."""
    _, session = await service.active()
    before = await stored_rows(service)
    for method, path, fields in routes_with_bodies(service):
        if path in ALWAYS_ALIKE:
            continue
        header = session if "/me/" in path else service.staff_header(Role.ADMIN)
        for field in (*fields, "unknown"):
            for bad in BAD_VALUES:
                content = json.dumps({field: bad}).encode()
                status = await problem_status(service, method, path, content, {**JSON, **header})
                assert 400 <= status < 500, (path, field, bad)
    assert await stored_rows(service) == before


@pytest.mark.parametrize("bad", [HUGE, MARKS, CONTROLS, 7, None, [], {}], ids=lambda b: repr(b)[:9])
async def test_no_field_of_an_otherwise_valid_registration_accepts_it(
    service: ServiceFixture, bad: Any
) -> None:
    for field in (*NAMED, "birth_date", "consents", "channel", "locale", "country"):
        body = json.dumps(registration_body(**{field: bad})).encode()
        path = "/onboarding/v1/registrations"
        assert await problem_status(service, "POST", path, body, JSON) == 422, field

        live = await service.post("registrations/validation", registration_body(**{field: bad}))
        assert field in {each["field"].partition(".")[0] for each in live.json()["errors"]}
    assert await service.rows(accounts) == 0


async def test_a_huge_password_is_refused_and_any_characters_are_accepted(
    service: ServiceFixture,
) -> None:
    huge = await service.post("registrations", registration_body(password=HUGE))
    marked = await service.post("registrations", registration_body(password=PASSWORD + MARKS))

    assert huge.status_code == 422
    assert marked.status_code == 202


async def test_step_three_is_closed_until_activation(service: ServiceFixture) -> None:
    """The session is forged: before activation none is issued."""
    link = await service.registered()
    payer = await service.payer()
    before = await service.types(link.person_id)
    header = service.staff_header(Role.APPLICANT, link.person_id)
    body = {"payer_id": str(payer)}
    responses = [
        await service.put("me/employment", body, **header),
        await service.post("me/completion", **header),
        await service.get("me/application", **header),
    ]

    assert all(400 <= response.status_code < 500 for response in responses)
    assert await service.types(link.person_id) == before
