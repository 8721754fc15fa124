"""Refreshing, signing out, and what ends the sessions of others."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest

from vinculo.access import RevocationList, Role
from vinculo.contracts.access import RolesRevoked, SubjectDenied
from vinculo.onboarding.application.sessions import (
    REUSE_GRACE,
    AuthenticatedSubject,
    SessionEnded,
    Sessions,
    end_sessions,
)
from vinculo.onboarding.application.staff import validate_member
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.storage.accounts import delete_account, update_account
from vinculo.onboarding.storage.tables import session_families

from ..http_calls import CREDENTIALS, delete, is_session_ended
from ..service_fixture import ServiceFixture

pytestmark = pytest.mark.servers


async def signed_in(service: ServiceFixture) -> dict[str, Any]:
    await service.active()
    response = await service.post("sessions", CREDENTIALS)
    assert response.status_code == 201
    session: dict[str, Any] = response.json()
    return session


async def refreshed(service: ServiceFixture, token: str) -> httpx2.Response:
    return await service.post("sessions/refresh", {"refresh_token": token})


async def next_token(service: ServiceFixture, token: str) -> str:
    response = await refreshed(service, token)
    assert response.status_code == 200, response.text
    return str(response.json()["refresh_token"])


def claims_of(session: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(session["access_token"], options={"verify_signature": False})


async def test_a_refresh_token_gives_a_new_access_token_and_a_new_refresh_token(
    service: ServiceFixture,
) -> None:
    session = await signed_in(service)
    response = await refreshed(service, session["refresh_token"])

    new = response.json()
    assert response.headers["cache-control"] == "no-store"
    assert new["refresh_token"] != session["refresh_token"]
    assert new["person_id"] == session["person_id"]
    assert claims_of(new)["sid"] == claims_of(session)["sid"]
    assert claims_of(new)["roles"] == ["applicant"]
    assert new["refresh_expires_in"] == 7 * 86_400


async def test_an_activation_opens_a_session_that_can_be_refreshed(service: ServiceFixture) -> None:
    link = await service.registered()
    session = (await service.post("activations", link.body())).json()

    assert (await refreshed(service, session["refresh_token"])).status_code == 200


async def test_a_token_used_again_ends_the_whole_family(service: ServiceFixture) -> None:
    first = (await signed_in(service))["refresh_token"]
    second = await next_token(service, first)
    service.clock.advance(REUSE_GRACE)

    assert is_session_ended(await refreshed(service, first))
    assert is_session_ended(await refreshed(service, second))


async def test_another_device_stays_signed_in_when_one_family_ends(service: ServiceFixture) -> None:
    first = (await signed_in(service))["refresh_token"]
    other = (await service.post("sessions", CREDENTIALS)).json()["refresh_token"]
    await next_token(service, first)
    service.clock.advance(REUSE_GRACE)
    await refreshed(service, first)

    assert (await refreshed(service, other)).status_code == 200


async def test_a_refresh_with_a_lost_response_can_be_repeated_at_once(
    service: ServiceFixture,
) -> None:
    first = (await signed_in(service))["refresh_token"]
    lost = await next_token(service, first)
    again = await next_token(service, first)
    service.clock.advance(REUSE_GRACE)

    assert again != lost
    following = await next_token(service, again)
    assert is_session_ended(await refreshed(service, lost))
    assert is_session_ended(await refreshed(service, following))


async def test_using_the_grace_period_does_not_prolong_it(service: ServiceFixture) -> None:
    first = (await signed_in(service))["refresh_token"]
    await next_token(service, first)
    service.clock.advance(REUSE_GRACE / 2)
    await next_token(service, first)
    service.clock.advance(REUSE_GRACE / 2)

    assert is_session_ended(await refreshed(service, first))


async def test_concurrent_refreshes_leave_one_valid_token(
    service: ServiceFixture,
) -> None:
    first = (await signed_in(service))["refresh_token"]
    responses = await asyncio.gather(*(refreshed(service, first) for _ in range(6)))
    service.clock.advance(REUSE_GRACE)

    assert {response.status_code for response in responses} == {200}
    tokens = [response.json()["refresh_token"] for response in responses]
    outcomes = [(await refreshed(service, token)).status_code for token in tokens]
    assert outcomes.count(200) <= 1
    assert await service.rows(session_families) <= 1


async def test_a_session_expires_unused_and_ends_after_thirty_days_of_use(
    service: ServiceFixture,
) -> None:
    unused = (await signed_in(service))["refresh_token"]
    used = (await service.post("sessions", CREDENTIALS)).json()["refresh_token"]
    for _ in range(30):
        used = await next_token(service, used)
        service.clock.advance(timedelta(days=1))

    assert is_session_ended(await refreshed(service, unused))
    assert is_session_ended(await refreshed(service, used))


async def test_only_hashes_of_tokens_are_stored(service: ServiceFixture) -> None:
    token = (await signed_in(service))["refresh_token"]
    token = await next_token(service, token)
    async with service.dependencies.database.connect() as connection:
        rows = (await connection.execute(session_families.select())).all()

    assert token not in str(rows)
    assert all(len(row.token_hash) == 32 for row in rows)


@pytest.mark.parametrize("token", ["", "x", "ñ" * 64, "A" * 64, "=" * 64, "A" * 200])
async def test_an_invalid_token_is_refused(service: ServiceFixture, token: str) -> None:
    assert is_session_ended(await refreshed(service, token))


async def test_signing_out_ends_this_device_only(service: ServiceFixture) -> None:
    session = await signed_in(service)
    other = (await service.post("sessions", CREDENTIALS)).json()
    response = await delete(service, "sessions/current", session)

    assert response.status_code == 204
    assert is_session_ended(await refreshed(service, session["refresh_token"]))
    assert (await refreshed(service, other["refresh_token"])).status_code == 200


async def test_signing_out_everywhere_ends_every_device(service: ServiceFixture) -> None:
    session = await signed_in(service)
    other = (await service.post("sessions", CREDENTIALS)).json()
    assert (await delete(service, "sessions", session)).status_code == 204

    for each in (session, other):
        assert is_session_ended(await refreshed(service, each["refresh_token"]))
    assert (await delete(service, "sessions", session)).status_code == 204


async def test_the_sessions_of_others_cannot_be_ended(service: ServiceFixture) -> None:
    victim = await signed_in(service)
    await service.active(document_number="79123456")
    session_id = UUID(claims_of(victim)["sid"])
    sessions = Sessions(
        store=service.dependencies.store,
        revocations=RevocationList(),
        clock=service.clock,
        longest=timedelta(days=30),
        idle=timedelta(days=7),
    )
    await sessions.end(UUID(int=404), session_id)
    await sessions.end_all(UUID(int=404))
    await sessions.end(UUID(victim["person_id"]), None)

    assert (await refreshed(service, victim["refresh_token"])).status_code == 200


async def test_staff_refresh_and_sign_out_too(service: ServiceFixture) -> None:
    password = "nueve faroles junto al muelle"
    member = validate_member("operator@example.com", Role.OPERATOR, password, PasswordRules())
    await service.staff.add(member, service.clock())
    opened = await service.post("sessions", {"email": "operator@example.com", "password": password})
    session = (await refreshed(service, opened.json()["refresh_token"])).json()

    assert claims_of(session)["roles"] == ["operator"]
    assert (await delete(service, "sessions/current", session)).status_code == 204
    assert is_session_ended(await refreshed(service, session["refresh_token"]))


async def test_a_blocked_persons_refresh_gets_the_response_of_an_unknown_token(
    service: ServiceFixture,
) -> None:
    session = await signed_in(service)
    person_id = UUID(session["person_id"])
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    blocked = await refreshed(service, session["refresh_token"])
    unknown = await refreshed(service, "A" * 64)

    assert {**blocked.json(), "trace_id": ""} == {**unknown.json(), "trace_id": ""}
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="pending")
    assert is_session_ended(await refreshed(service, session["refresh_token"]))


async def test_nothing_is_left_of_an_erased_persons_sessions(service: ServiceFixture) -> None:
    session = await signed_in(service)
    async with service.dependencies.store.transaction() as connection:
        await delete_account(connection, UUID(session["person_id"]))

    assert is_session_ended(await refreshed(service, session["refresh_token"]))
    assert await service.rows(session_families) == 0


async def test_a_person_blocked_while_signing_in_gets_no_session(service: ServiceFixture) -> None:
    person_id, _ = await service.active()
    sessions = Sessions(
        store=service.dependencies.store,
        revocations=RevocationList(),
        clock=service.clock,
        longest=timedelta(days=30),
        idle=timedelta(days=7),
    )
    admitted = AuthenticatedSubject(subject=person_id, kind="person")
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
        opening = asyncio.ensure_future(sessions.open(admitted))
        await asyncio.wait([opening], timeout=0.1)
        await end_sessions(service.dependencies.store, connection, person_id)

    with pytest.raises(SessionEnded):
        await opening
    assert await service.rows(session_families) == 0


async def test_a_password_that_was_changed_meanwhile_opens_no_session(
    service: ServiceFixture,
) -> None:
    person_id, _ = await service.active()
    sessions = Sessions(
        store=service.dependencies.store,
        revocations=RevocationList(),
        clock=service.clock,
        longest=timedelta(days=30),
        idle=timedelta(days=7),
    )
    with pytest.raises(SessionEnded):
        await sessions.open(
            AuthenticatedSubject(subject=person_id, kind="person", password_hash="another")
        )


async def test_lapsed_sessions_are_swept_by_new_ones(service: ServiceFixture) -> None:
    await signed_in(service)
    service.clock.advance(timedelta(days=8))
    await service.post("sessions", CREDENTIALS)

    assert await service.rows(session_families) == 1


async def ended_sessions(service: ServiceFixture, subject: str) -> list[str]:
    """The sessions that were published as ended, in order."""
    stored = await service.dependencies.store.read(f"revocation-{subject}")
    assert {event.type for event in stored} <= {"session-ended.v1"}
    return [event.data["sid"] for event in stored]


async def test_an_access_token_names_its_session_and_the_registrys_version(
    service: ServiceFixture,
) -> None:
    session = await signed_in(service)
    assert claims_of(session)["rv"] == 0
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, UUID(session["person_id"]), registry_version=7)

    claims = claims_of((await refreshed(service, session["refresh_token"])).json())

    assert (claims["rv"], claims["sid"]) == (7, claims_of(session)["sid"])
    assert claims["exp"] - claims["iat"] == 600


async def test_every_end_of_a_session_is_published_once(service: ServiceFixture) -> None:
    """By signing out, by reuse of a token, and by signing out everywhere."""
    sessions = [await signed_in(service)]
    sessions += [(await service.post("sessions", CREDENTIALS)).json() for _ in range(2)]
    sids = [claims_of(each)["sid"] for each in sessions]

    await delete(service, "sessions/current", sessions[0])
    await next_token(service, await next_token(service, sessions[1]["refresh_token"]))
    service.clock.advance(REUSE_GRACE * 2)
    assert is_session_ended(await refreshed(service, sessions[1]["refresh_token"]))
    assert is_session_ended(await refreshed(service, sessions[1]["refresh_token"]))
    assert await ended_sessions(service, sessions[0]["person_id"]) == sids[:2]

    await delete(service, "sessions", sessions[2])
    ended = await ended_sessions(service, sessions[0]["person_id"])
    assert (ended[:2], sids[2] in ended, len(ended)) == (sids[:2], True, len(set(ended)))


async def test_sessions_ended_at_the_same_time_are_all_published(service: ServiceFixture) -> None:
    sessions = [await signed_in(service)]
    sessions += [(await service.post("sessions", CREDENTIALS)).json() for _ in range(4)]

    answers = await asyncio.gather(
        *(delete(service, "sessions/current", each) for each in sessions)
    )

    assert [answer.status_code for answer in answers] == [204] * 5
    ended = await ended_sessions(service, sessions[0]["person_id"])
    assert set(ended) == {claims_of(each)["sid"] for each in sessions}


async def test_a_denied_person_gets_no_token_until_the_account_has_caught_up(
    service: ServiceFixture,
) -> None:
    """The account may show an older version of the record than the revocation."""
    session = await signed_in(service)
    person_id = UUID(session["person_id"])
    revocations = service.revocations
    revocations.apply(person_id, SubjectDenied(registry_version=5))

    assert (await service.post("sessions", CREDENTIALS)).status_code == 401
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, registry_version=6)
    assert (await service.post("sessions", CREDENTIALS)).status_code == 201


async def test_a_revoked_role_is_not_issued_until_the_account_has_caught_up(
    service: ServiceFixture,
) -> None:
    session = await signed_in(service)
    person_id = UUID(session["person_id"])
    async with service.dependencies.store.transaction() as connection:
        await update_account(
            connection, person_id, internal_role="admin", status="enabled", registry_version=4
        )
    service.revocations.apply(person_id, RolesRevoked(registry_version=5))
    behind = (await refreshed(service, session["refresh_token"])).json()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, internal_role="viewer", registry_version=6)
    granted = (await refreshed(service, behind["refresh_token"])).json()

    assert claims_of(behind)["roles"] == ["applicant"]
    assert (claims_of(granted)["roles"], claims_of(granted)["rv"]) == (["applicant", "viewer"], 6)


async def test_the_internal_role_is_suspended_while_the_record_is_disabled(
    service: ServiceFixture,
) -> None:
    session = await signed_in(service)
    person_id = UUID(session["person_id"])
    roles = []
    for status in ("disabled", "enabled"):
        async with service.dependencies.store.transaction() as connection:
            await update_account(connection, person_id, internal_role="admin", status=status)
        session = (await refreshed(service, session["refresh_token"])).json()
        roles.append(claims_of(session)["roles"])

    assert roles == [["applicant"], ["admin", "applicant"]]
