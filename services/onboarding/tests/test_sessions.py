"""Refreshing, signing out, and what ends sessions behind their owner's back."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest

from vinculo.access import Role
from vinculo.onboarding.application.sessions import (
    REUSE_GRACE,
    AuthenticatedSubject,
    SessionEnded,
    Sessions,
    end_sessions,
)
from vinculo.onboarding.application.staff import validate_member
from vinculo.onboarding.storage.accounts import delete_account, update_account
from vinculo.onboarding.storage.tables import session_families

from .service_under_test import ISSUER, PASSWORD, Service

pytestmark = pytest.mark.servers

CREDENTIALS = {"document_number": "1032456789", "password": PASSWORD}
COOKIE = "__Host-vinculo-refresh"


async def signed_in(service: Service) -> dict[str, Any]:
    await service.active()
    answer = await service.post("sessions", CREDENTIALS)
    assert answer.status_code == 201
    session: dict[str, Any] = answer.json()
    return session


async def refreshed(service: Service, token: str) -> httpx2.Response:
    return await service.post("sessions/refresh", {"refresh_token": token})


async def next_token(service: Service, token: str) -> str:
    answer = await refreshed(service, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


async def delete(service: Service, path: str, session: dict[str, Any]) -> httpx2.Response:
    header = {"authorization": f"Bearer {session['access_token']}"}
    return await service.client.delete(f"/onboarding/v1/{path}", headers=header)


def ended(answer: httpx2.Response) -> bool:
    return (
        answer.status_code == 401 and answer.json()["type"] == "urn:vinculo:problem:session-ended"
    )


def claims_of(session: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(session["access_token"], options={"verify_signature": False})


async def test_a_refresh_token_gives_a_new_access_token_and_a_new_refresh_token(
    service: Service,
) -> None:
    session = await signed_in(service)
    answer = await refreshed(service, session["refresh_token"])

    new = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert new["refresh_token"] != session["refresh_token"]
    assert new["person_id"] == session["person_id"]
    assert claims_of(new)["sid"] == claims_of(session)["sid"]
    assert claims_of(new)["roles"] == ["applicant"]
    assert new["refresh_expires_in"] == 7 * 86_400


async def test_an_activation_opens_a_session_that_can_be_refreshed(service: Service) -> None:
    link = await service.registered()
    session = (await service.post("activations", link.body())).json()

    assert (await refreshed(service, session["refresh_token"])).status_code == 200


async def test_a_token_used_again_ends_the_whole_family(service: Service) -> None:
    first = (await signed_in(service))["refresh_token"]
    second = await next_token(service, first)
    service.clock.advance(REUSE_GRACE)

    assert ended(await refreshed(service, first))
    assert ended(await refreshed(service, second))


async def test_another_device_goes_on_when_one_family_ends(service: Service) -> None:
    first = (await signed_in(service))["refresh_token"]
    other = (await service.post("sessions", CREDENTIALS)).json()["refresh_token"]
    await next_token(service, first)
    service.clock.advance(REUSE_GRACE)
    await refreshed(service, first)

    assert (await refreshed(service, other)).status_code == 200


async def test_a_refresh_whose_answer_was_lost_can_be_repeated_at_once(service: Service) -> None:
    first = (await signed_in(service))["refresh_token"]
    lost = await next_token(service, first)
    again = await next_token(service, first)
    service.clock.advance(REUSE_GRACE)

    assert again != lost
    following = await next_token(service, again)
    assert ended(await refreshed(service, lost))
    assert ended(await refreshed(service, following))


async def test_the_grace_is_not_prolonged_by_using_it(service: Service) -> None:
    first = (await signed_in(service))["refresh_token"]
    await next_token(service, first)
    service.clock.advance(REUSE_GRACE / 2)
    await next_token(service, first)
    service.clock.advance(REUSE_GRACE / 2)

    assert ended(await refreshed(service, first))


async def test_of_many_that_refresh_at_once_the_family_survives_with_one_token(
    service: Service,
) -> None:
    first = (await signed_in(service))["refresh_token"]
    answers = await asyncio.gather(*(refreshed(service, first) for _ in range(6)))
    service.clock.advance(REUSE_GRACE)

    assert {answer.status_code for answer in answers} == {200}
    tokens = [answer.json()["refresh_token"] for answer in answers]
    outcomes = [(await refreshed(service, token)).status_code for token in tokens]
    assert outcomes.count(200) <= 1
    assert await service.rows(session_families) <= 1


async def test_a_session_lapses_unused_and_ends_after_thirty_days_however_used(
    service: Service,
) -> None:
    unused = (await signed_in(service))["refresh_token"]
    used = (await service.post("sessions", CREDENTIALS)).json()["refresh_token"]
    for _ in range(30):
        used = await next_token(service, used)
        service.clock.advance(timedelta(days=1))

    assert ended(await refreshed(service, unused))
    assert ended(await refreshed(service, used))


async def test_only_hashes_of_tokens_are_stored(service: Service) -> None:
    token = (await signed_in(service))["refresh_token"]
    token = await next_token(service, token)
    async with service.dependencies.database.connect() as connection:
        rows = (await connection.execute(session_families.select())).all()

    assert token not in str(rows)
    assert all(len(row.token_hash) == 32 for row in rows)


@pytest.mark.parametrize("token", ["", "x", "ñ" * 64, "A" * 64, "=" * 64, "A" * 200])
async def test_what_is_no_token_is_refused_alike(service: Service, token: str) -> None:
    assert ended(await refreshed(service, token))


async def test_a_refresh_without_any_token_is_refused(service: Service) -> None:
    assert ended(await service.post("sessions/refresh", {}))
    assert ended(await service.client.post("/onboarding/v1/sessions/refresh"))


async def test_a_malformed_refresh_is_refused(service: Service) -> None:
    malformed: list[Any] = [{"refresh_token": 7}, {"refresh_token": "x" * 201}, {"token": "x"}, []]
    for body in malformed:
        assert (await service.post("sessions/refresh", body)).status_code == 422


async def test_signing_out_ends_this_device_only(service: Service) -> None:
    session = await signed_in(service)
    other = (await service.post("sessions", CREDENTIALS)).json()
    answer = await delete(service, "sessions/current", session)

    assert answer.status_code == 204
    assert ended(await refreshed(service, session["refresh_token"]))
    assert (await refreshed(service, other["refresh_token"])).status_code == 200


async def test_signing_out_everywhere_ends_every_device(service: Service) -> None:
    session = await signed_in(service)
    other = (await service.post("sessions", CREDENTIALS)).json()
    assert (await delete(service, "sessions", session)).status_code == 204

    for each in (session, other):
        assert ended(await refreshed(service, each["refresh_token"]))
    assert (await delete(service, "sessions", session)).status_code == 204


async def test_nobody_ends_the_sessions_of_others(service: Service) -> None:
    victim = await signed_in(service)
    await service.active(document_number="79123456")
    session_id = UUID(claims_of(victim)["sid"])
    sessions = Sessions(
        engine=service.dependencies.database,
        clock=service.clock,
        longest=timedelta(days=30),
        idle=timedelta(days=7),
    )
    await sessions.end(UUID(int=404), session_id)
    await sessions.end_all(UUID(int=404))
    await sessions.end(UUID(victim["person_id"]), None)

    assert (await refreshed(service, victim["refresh_token"])).status_code == 200


async def test_staff_refresh_and_sign_out_too(service: Service) -> None:
    password = "nueve faroles junto al muelle"
    member = validate_member("operator@example.com", Role.OPERATOR, password)
    await service.staff.add(member, service.clock())
    opened = await service.post("sessions", {"email": "operator@example.com", "password": password})
    session = (await refreshed(service, opened.json()["refresh_token"])).json()

    assert claims_of(session)["roles"] == ["operator"]
    assert (await delete(service, "sessions/current", session)).status_code == 204
    assert ended(await refreshed(service, session["refresh_token"]))


async def test_a_blocked_persons_refresh_is_answered_as_an_unknown_token(service: Service) -> None:
    session = await signed_in(service)
    person_id = UUID(session["person_id"])
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    blocked = await refreshed(service, session["refresh_token"])
    unknown = await refreshed(service, "A" * 64)

    assert {**blocked.json(), "trace_id": ""} == {**unknown.json(), "trace_id": ""}
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="pending")
    assert ended(await refreshed(service, session["refresh_token"]))


async def test_nothing_is_left_of_an_erased_persons_sessions(service: Service) -> None:
    session = await signed_in(service)
    async with service.dependencies.store.transaction() as connection:
        await delete_account(connection, UUID(session["person_id"]))

    assert ended(await refreshed(service, session["refresh_token"]))
    assert await service.rows(session_families) == 0


async def test_whoever_is_blocked_while_signing_in_gets_no_session(service: Service) -> None:
    person_id, _ = await service.active()
    sessions = Sessions(
        engine=service.dependencies.database,
        clock=service.clock,
        longest=timedelta(days=30),
        idle=timedelta(days=7),
    )
    admitted = AuthenticatedSubject(subject=person_id, kind="person")
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
        opening = asyncio.ensure_future(sessions.open(admitted))
        await asyncio.wait([opening], timeout=0.1)
        await end_sessions(connection, person_id)

    with pytest.raises(SessionEnded):
        await opening
    assert await service.rows(session_families) == 0


async def test_a_password_that_was_changed_meanwhile_opens_no_session(service: Service) -> None:
    person_id, _ = await service.active()
    sessions = Sessions(
        engine=service.dependencies.database,
        clock=service.clock,
        longest=timedelta(days=30),
        idle=timedelta(days=7),
    )
    with pytest.raises(SessionEnded):
        await sessions.open(
            AuthenticatedSubject(subject=person_id, kind="person", password_hash="another")
        )


async def test_lapsed_sessions_are_swept_by_new_ones(service: Service) -> None:
    await signed_in(service)
    service.clock.advance(timedelta(days=8))
    await service.post("sessions", CREDENTIALS)

    assert await service.rows(session_families) == 1


# ---- in a browser: the token is in a cookie ----


async def in_browser(service: Service, origin: str | None = ISSUER) -> httpx2.Response:
    await service.active()
    headers = {} if origin is None else {"origin": origin}
    return await service.post("sessions", {**CREDENTIALS, "refresh": "cookie"}, **headers)


def cookie_of(answer: httpx2.Response) -> str:
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == COOKIE
    return str(rest.partition(";")[0])


async def test_a_browsers_token_is_in_the_cookie_alone(service: Service) -> None:
    answer = await in_browser(service)
    header = answer.headers["set-cookie"]

    assert answer.status_code == 201
    assert "refresh_token" not in answer.json()
    assert cookie_of(answer) not in answer.text
    for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=604800"):
        assert attribute in header
    assert "domain" not in header.lower()


async def test_a_browser_refreshes_by_its_cookie_and_gets_the_next_one(service: Service) -> None:
    token = cookie_of(await in_browser(service))
    answer = await service.post("sessions/refresh", {}, cookie=f"{COOKIE}={token}", origin=ISSUER)

    assert answer.status_code == 200
    assert cookie_of(answer) not in {"", token}
    assert "refresh_token" not in answer.json()


@pytest.mark.parametrize("origin", [None, "https://elsewhere.example", "null", ISSUER + "0"])
async def test_another_sites_page_cannot_use_the_cookie(
    service: Service, origin: str | None
) -> None:
    token = cookie_of(await in_browser(service))
    headers = {} if origin is None else {"origin": origin}
    answer = await service.post("sessions/refresh", {}, cookie=f"{COOKIE}={token}", **headers)

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:vinculo:problem:origin-refused"
    own = await service.post("sessions/refresh", {}, cookie=f"{COOKIE}={token}", origin=ISSUER)
    assert own.status_code == 200


async def test_another_sites_page_gets_no_cookie_set(service: Service) -> None:
    link = await service.registered(document_number="79123456")
    activation = await service.post(
        "activations", {**link.body(), "refresh": "cookie"}, origin="https://elsewhere.example"
    )
    answer = await in_browser(service, origin="https://elsewhere.example")

    assert (activation.status_code, answer.status_code) == (403, 403)
    assert "set-cookie" not in answer.headers


async def test_a_cookie_that_is_no_longer_good_is_taken_away(service: Service) -> None:
    answer = await service.post(
        "sessions/refresh", {}, cookie=f"{COOKIE}={'A' * 64}", origin=ISSUER
    )

    assert ended(answer)
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_signing_out_takes_the_cookie_away(service: Service) -> None:
    session = (await in_browser(service)).json()
    answer = await delete(service, "sessions/current", session)

    assert cookie_of(answer) == ""
    assert "Max-Age=0" in answer.headers["set-cookie"]
