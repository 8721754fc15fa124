"""Whatever is sent to whichever route that takes a body: a problem document, and nothing stored."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from vinculo.access import Role
from vinculo.eventstore.tables import events
from vinculo.onboarding.storage.tables import accounts, metadata

from .service_under_test import PASSWORD, Service, registration_body

pytestmark = pytest.mark.servers

JSON = {"content-type": "application/json"}
HUGE = "a" * 100_000
MARKS = "Ana\u202e\u2066\u200f"
CONTROLS = "Ana\x07\x1b[31m"
BAD: tuple[Any, ...] = (HUGE, MARKS, CONTROLS, 10**400, {"a": [[]]}, [None])
ALWAYS_ALIKE = {
    # Some tell of faults in their answers, one tells nobody what it could not find.
    "/onboarding/v1/registrations/validation",
    "/onboarding/v1/me/employment/validation",
    "/onboarding/v1/password-resets",
}
NAMED = ("given_names", "surnames", "email", "phone", "document_number", "document_type", "project")


def routes_with_bodies(service: Service) -> Iterator[tuple[str, str, list[str]]]:
    """Method, path and fields of each, as the OpenAPI document tells them."""
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


async def stored(service: Service) -> dict[str, int]:
    """Rows of every table but those that only count tries."""
    tables = [t for t in metadata.tables.values() if "tries" not in t.name]
    counted = {t.name: await service.rows(t) for t in (*tables, events)}
    return {name: rows for name, rows in counted.items() if name != "sign_in_attempts"}


async def answered(
    service: Service, method: str, path: str, content: bytes, headers: dict[str, str]
) -> int:
    """The status of a problem document."""
    answer = await service.client.request(method, path, content=content, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json", (path, content[:80])
    problem = answer.json()
    assert problem["type"].startswith("urn:vinculo:problem:")
    assert problem["status"] == answer.status_code
    assert len(answer.content) < 20_000
    return answer.status_code


async def test_no_route_takes_what_is_not_strict_json(service: Service) -> None:
    _, session = await service.active()
    before = await stored(service)
    for method, path, fields in routes_with_bodies(service):
        header = session if "/me/" in path else service.staff_header(Role.ADMIN)
        name = fields[0].encode() if fields else b"x"
        twice = b'{"' + name + b'": "a", "' + name + b'": "b"}'
        nul = b'{"' + name + rb'": "a\u0000b"}'
        for malformed in (twice, nul, b"{"):
            status = await answered(service, method, path, malformed, {**JSON, **header})
            assert status == 400, path
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            typed = {"content-type": kind, **header}
            assert await answered(service, method, path, b'{"x": 1}', typed) == 415
    assert await stored(service) == before


async def test_no_field_takes_huge_texts_marks_controls_or_other_types(service: Service) -> None:
    """Required fields that are not there make the rest of the refusal; none may be stored."""
    _, session = await service.active()
    before = await stored(service)
    for method, path, fields in routes_with_bodies(service):
        if path in ALWAYS_ALIKE:
            continue
        header = session if "/me/" in path else service.staff_header(Role.ADMIN)
        for field in (*fields, "unknown"):
            for bad in BAD:
                content = json.dumps({field: bad}).encode()
                status = await answered(service, method, path, content, {**JSON, **header})
                assert 400 <= status < 500, (path, field, bad)
    assert await stored(service) == before


@pytest.mark.parametrize("bad", [HUGE, MARKS, CONTROLS, 7, None, [], {}], ids=lambda b: repr(b)[:9])
async def test_no_field_of_an_otherwise_good_registration_takes_it(
    service: Service, bad: Any
) -> None:
    for field in (*NAMED, "birth_date", "consents", "channel", "locale", "country"):
        body = json.dumps(registration_body(**{field: bad})).encode()
        path = "/onboarding/v1/registrations"
        assert await answered(service, "POST", path, body, JSON) == 422, field

        live = await service.post("registrations/validation", registration_body(**{field: bad}))
        assert field in {each["field"].partition(".")[0] for each in live.json()["errors"]}
    assert await service.rows(accounts) == 0


async def test_a_huge_password_is_refused_and_any_characters_are_taken(service: Service) -> None:
    huge = await service.post("registrations", registration_body(password=HUGE))
    marked = await service.post("registrations", registration_body(password=PASSWORD + MARKS))

    assert huge.status_code == 422
    assert marked.status_code == 202


async def test_step_three_is_closed_until_activation(service: Service) -> None:
    """The session is forged: nobody is given one before."""
    link = await service.registered()
    payer = await service.payer()
    before = await service.types(link.person_id)
    header = service.staff_header(Role.APPLICANT, link.person_id)
    body = {"payer_id": str(payer)}
    answers = [
        await service.put("me/employment", body, **header),
        await service.post("me/completion", **header),
        await service.get("me/application", **header),
    ]

    assert all(400 <= answer.status_code < 500 for answer in answers)
    assert await service.types(link.person_id) == before
