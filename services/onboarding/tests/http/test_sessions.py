"""Sessions over HTTP: tokens, malformed bodies, and the cookie of a browser."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest

from vinculo.access import Role

from ..http_calls import CREDENTIALS, delete, is_session_ended
from ..service_fixture import ISSUER, PASSWORD, ServiceFixture

MALFORMED_ACTIVATIONS: list[object] = [
    {},
    {"link_id": "x", "token": "y"},
    {"link_id": str(UUID(int=1)), "token": "y", "more": 1},
]

MALFORMED_SIGN_INS: list[tuple[dict[str, str], str]] = [
    ({"password": PASSWORD}, "document_number"),
    ({"document_number": "1", "email": "a@example.com", "password": PASSWORD}, "email"),
    ({"document_number": "1"}, "password"),
    ({"document_number": "1", "password": PASSWORD, "otp": "1"}, "otp"),
    ({"document_number": "1", "password": "x" * 1025}, "password"),
]


COOKIE = "__Host-vinculo-refresh"


async def in_browser(service: ServiceFixture, origin: str | None = ISSUER) -> httpx2.Response:
    await service.active()
    headers = {} if origin is None else {"origin": origin}
    return await service.post("sessions", {**CREDENTIALS, "refresh": "cookie"}, **headers)


def cookie_of(response: httpx2.Response) -> str:
    name, _, rest = response.headers["set-cookie"].partition("=")
    assert name == COOKIE
    return str(rest.partition(";")[0])


@pytest.mark.servers
async def test_the_token_has_subject_and_roles_and_no_other_claims(service: ServiceFixture) -> None:
    link = await service.registered()
    token = (await service.post("activations", link.body())).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})

    assert claims.pop("jti")
    assert UUID(claims.pop("sid"))
    assert claims.pop("exp") - claims.pop("iat") == 600
    assert claims == {
        "iss": "http://127.0.0.1:8080",
        "aud": "vinculo",
        "sub": str(link.person_id),
        "rv": 0,
        "roles": ["applicant"],
    }


@pytest.mark.servers
async def test_a_token_is_verified_by_the_published_keys(service: ServiceFixture) -> None:
    _, session = await service.active()
    token = session["authorization"].removeprefix("Bearer ")
    key_set = (await service.client.get("/.well-known/jwks.json")).json()
    keys = jwt.PyJWKSet.from_dict(key_set)

    assert "d" not in key_set["keys"][0]
    header = jwt.get_unverified_header(token)
    jwt.decode(token, keys[header["kid"]], algorithms=["ES256"], audience="vinculo")


async def test_a_malformed_activation_is_refused(offline_service: ServiceFixture) -> None:
    for body in MALFORMED_ACTIVATIONS:
        assert (await offline_service.post("activations", body)).status_code == 422


async def test_a_malformed_sign_in_is_refused(offline_service: ServiceFixture) -> None:
    for body, field in MALFORMED_SIGN_INS:
        response = await offline_service.post("sessions", body)

        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.servers
async def test_a_refresh_without_any_token_is_refused(service: ServiceFixture) -> None:
    assert is_session_ended(await service.post("sessions/refresh", {}))
    assert is_session_ended(await service.client.post("/onboarding/v1/sessions/refresh"))


async def test_a_malformed_refresh_is_refused(offline_service: ServiceFixture) -> None:
    malformed: list[Any] = [{"refresh_token": 7}, {"refresh_token": "x" * 201}, {"token": "x"}, []]
    for body in malformed:
        assert (await offline_service.post("sessions/refresh", body)).status_code == 422


@pytest.mark.servers
async def test_a_browsers_token_is_in_the_cookie_alone(service: ServiceFixture) -> None:
    response = await in_browser(service)
    header = response.headers["set-cookie"]

    assert response.status_code == 201
    assert "refresh_token" not in response.json()
    assert cookie_of(response) not in response.text
    for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=604800"):
        assert attribute in header
    assert "domain" not in header.lower()


@pytest.mark.servers
async def test_a_browser_refreshes_by_its_cookie_and_gets_the_next_one(
    service: ServiceFixture,
) -> None:
    token = cookie_of(await in_browser(service))
    response = await service.post("sessions/refresh", {}, cookie=f"{COOKIE}={token}", origin=ISSUER)

    assert response.status_code == 200
    assert cookie_of(response) not in {"", token}
    assert "refresh_token" not in response.json()


@pytest.mark.servers
@pytest.mark.parametrize("origin", [None, "https://elsewhere.example", "null", ISSUER + "0"])
async def test_another_sites_page_cannot_use_the_cookie(
    service: ServiceFixture, origin: str | None
) -> None:
    token = cookie_of(await in_browser(service))
    headers = {} if origin is None else {"origin": origin}
    response = await service.post("sessions/refresh", {}, cookie=f"{COOKIE}={token}", **headers)

    assert response.status_code == 403
    assert response.json()["type"] == "urn:vinculo:problem:origin-refused"
    own = await service.post("sessions/refresh", {}, cookie=f"{COOKIE}={token}", origin=ISSUER)
    assert own.status_code == 200


@pytest.mark.servers
async def test_another_sites_page_gets_no_cookie_set(service: ServiceFixture) -> None:
    link = await service.registered(document_number="79123456")
    activation = await service.post(
        "activations", {**link.body(), "refresh": "cookie"}, origin="https://elsewhere.example"
    )
    response = await in_browser(service, origin="https://elsewhere.example")

    assert (activation.status_code, response.status_code) == (403, 403)
    assert "set-cookie" not in response.headers


@pytest.mark.servers
async def test_an_invalid_cookie_is_cleared(service: ServiceFixture) -> None:
    response = await service.post(
        "sessions/refresh", {}, cookie=f"{COOKIE}={'A' * 64}", origin=ISSUER
    )

    assert is_session_ended(response)
    assert "Max-Age=0" in response.headers["set-cookie"]


@pytest.mark.servers
async def test_signing_out_takes_the_cookie_away(service: ServiceFixture) -> None:
    session = (await in_browser(service)).json()
    response = await delete(service, "sessions/current", session)

    assert cookie_of(response) == ""
    assert "Max-Age=0" in response.headers["set-cookie"]


@pytest.mark.servers
async def test_a_signed_in_person_reads_what_the_session_allows(service: ServiceFixture) -> None:
    person_id, session = await service.active()

    response = await service.client.get("/onboarding/v1/me", headers=session)

    signed_in = response.json()
    assert (signed_in["subject"], signed_in["kind"]) == (str(person_id), "person")
    assert (signed_in["email"], signed_in["roles"]) == (None, ["applicant"])
    assert "own_application" in signed_in["permissions"]
    assert "lists_read" not in signed_in["permissions"]
    assert signed_in["session_ends_at"] > datetime.now(UTC).isoformat()


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def listed(service: ServiceFixture, header: dict[str, str]) -> list[dict[str, Any]]:
    response = await service.client.get("/onboarding/v1/me/sessions", headers=header)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


@pytest.mark.servers
async def test_a_person_sees_the_own_sessions_and_ends_one(service: ServiceFixture) -> None:
    _, first = await service.active()
    service.clock.advance(timedelta(minutes=1))
    phone = (await service.post("sessions", CREDENTIALS, user_agent=FIREFOX)).json()

    other, own = await listed(service, first)
    ended = await service.client.delete(
        f"/onboarding/v1/me/sessions/{other['session_id']}", headers=first
    )

    assert (other["browser"], other["system"], other["is_current"]) == ("Firefox", "Linux", False)
    assert own["is_current"] is True
    assert own["opened_at"] == own["last_used_at"]
    assert ended.status_code == 204
    assert await listed(service, first) == [own]
    refreshed = await service.post("sessions/refresh", {"refresh_token": phone["refresh_token"]})
    assert is_session_ended(refreshed)


@pytest.mark.servers
async def test_only_own_sessions_are_ended(service: ServiceFixture) -> None:
    _, session = await service.active()
    own = await listed(service, session)
    staff = service.staff_header(Role.ADMIN)

    address = f"/onboarding/v1/me/sessions/{own[0]['session_id']}"
    by_another = await service.client.delete(address, headers=staff)

    assert by_another.status_code == 204
    assert await listed(service, staff) == []
    assert await listed(service, session) == own


@pytest.mark.servers
async def test_ending_the_current_session_takes_the_cookie_away(service: ServiceFixture) -> None:
    _, session = await service.active()
    (own,) = await listed(service, session)

    ended = await service.client.delete(
        f"/onboarding/v1/me/sessions/{own['session_id']}", headers=session
    )

    assert cookie_of(ended) == ""
