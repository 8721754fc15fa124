"""Members of staff are invited by mail, get other roles, and are ended."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from vinculo.access import Role
from vinculo.privacy import link_token

from ..service_fixture import PASSWORD, ServiceFixture
from ..staff_calls import (
    ADDRESS,
    accept,
    added_admin,
    change,
    events_of,
    invited,
    joined,
    link_to,
    listed,
    signed_in,
    types_of,
)

pytestmark = pytest.mark.servers


async def admin(service: ServiceFixture) -> dict[str, str]:
    await added_admin(service)
    return await signed_in(service, "admin@example.com")


async def test_an_invited_member_chooses_a_password_and_signs_in(service: ServiceFixture) -> None:
    header = await admin(service)

    member = await invited(service, header, "  Revisora@Example.COM ")

    assert (member["email"], member["role"], member["state"]) == (ADDRESS, "reviewer", "invited")
    assert member["invitation_expires_at"] is not None
    before = await service.post("sessions", {"email": ADDRESS, "password": PASSWORD})
    assert before.status_code == 401
    accepted = await accept(service, await link_to(service, member["staff_id"]))
    assert (accepted.status_code, accepted.json()) == (200, {"email": ADDRESS})
    me = (await service.get("me", **await signed_in(service, ADDRESS))).json()
    assert (me["email"], me["roles"]) == (ADDRESS, ["reviewer"])
    found = await listed(service, header)
    assert (found["state"], found["invitation_expires_at"]) == ("active", None)
    assert found["last_sign_in_at"] == service.clock().isoformat().replace("+00:00", "Z")
    assert await types_of(service, member["staff_id"]) == ["staff-invited.v1", "staff-joined.v1"]


async def test_the_invitation_says_by_whom_and_keeps_the_address_sealed(
    service: ServiceFixture,
) -> None:
    admin_id = await added_admin(service)
    header = await signed_in(service, "admin@example.com")

    member = await invited(service, header, locale="en")

    (event,) = await events_of(service, member["staff_id"])
    assert (event.data["invited_by"], event.data["locale"]) == (str(admin_id), "en")
    assert event.meta.actor == str(admin_id)
    assert event.personal is not None
    assert ADDRESS not in f"{event.data}{event.personal}"
    opened = await service.dependencies.keyring.decrypt(
        UUID(member["staff_id"]), event.event_id, event.personal
    )
    assert opened == {"v": 1, "contact": ADDRESS}


async def test_a_link_works_once_and_not_after_its_time(service: ServiceFixture) -> None:
    header = await admin(service)
    member = await invited(service, header)
    link = await link_to(service, member["staff_id"])
    service.clock.advance(timedelta(days=3))
    late = await accept(service, link)
    service.clock.advance(timedelta(seconds=-1))

    weak = await accept(service, link, "revisora@example.com")
    first = await accept(service, link)
    second = await accept(service, link)

    assert [each.status_code for each in (late, weak, first, second)] == [410, 422, 200, 410]
    assert weak.json()["errors"][0]["field"] == "password"


async def test_a_link_is_used_once_by_two_requests_at_once(service: ServiceFixture) -> None:
    member = await invited(service, await admin(service))
    link = await link_to(service, member["staff_id"])

    answers = await asyncio.gather(*(accept(service, link) for _ in range(2)))

    assert sorted(each.status_code for each in answers) == [200, 410]
    assert (await types_of(service, member["staff_id"])).count("staff-joined.v1") == 1


async def test_an_unknown_link_or_token_is_refused(service: ServiceFixture) -> None:
    member = await invited(service, await admin(service))
    link = await link_to(service, member["staff_id"])
    unknown = uuid4()
    key = service.settings.vinculo_link_key.get_secret_value()

    for wrong in (
        {**link, "token": "x"},
        {"link_id": str(unknown), "token": link_token(key, unknown)},
    ):
        response = await accept(service, wrong)
        assert (response.status_code, response.json()["type"]) == (
            404,
            "urn:vinculo:problem:link-unknown",
        )


async def test_a_link_sent_again_replaces_the_first(service: ServiceFixture) -> None:
    header = await admin(service)
    member = await invited(service, header)
    first = await link_to(service, member["staff_id"])

    again = await change(service, header, "POST", f"{member['staff_id']}/invitations", version=1)

    assert (again.status_code, again.json()["version"]) == (201, 2)
    assert again.headers["etag"] == 'W/"2"'
    assert (await accept(service, first)).status_code == 410
    assert (await accept(service, await link_to(service, member["staff_id"]))).status_code == 200


async def test_one_address_gets_few_invitations(service: ServiceFixture) -> None:
    header = await admin(service)
    member = await invited(service, header)
    path = f"{member['staff_id']}/invitations"
    for version in (1, 2):
        assert (await change(service, header, "POST", path, version=version)).status_code == 201

    refused = await change(service, header, "POST", path, version=3)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    assert refused.json()["type"] == "urn:vinculo:problem:too-many-messages"
    assert len(await events_of(service, member["staff_id"])) == 3


async def test_a_withdrawn_invitation_leaves_the_address_free(service: ServiceFixture) -> None:
    header = await admin(service)
    member = await invited(service, header)
    link = await link_to(service, member["staff_id"])

    response = await change(
        service, header, "DELETE", f"{member['staff_id']}/invitation", version=1
    )

    assert response.status_code == 204
    assert (await accept(service, link)).status_code == 404
    assert (await types_of(service, member["staff_id"]))[-1] == "staff-invitation-withdrawn.v1"
    again = await invited(service, header)
    assert again["staff_id"] != member["staff_id"]


async def test_an_address_of_the_staff_is_not_invited(service: ServiceFixture) -> None:
    header = await admin(service)
    member = await joined(service, header)

    response = await service.post("staff", {"email": ADDRESS.upper(), "role": "operator"}, **header)

    problem = response.json()
    assert (response.status_code, problem["type"]) == (
        409,
        "urn:vinculo:problem:staff-member-exists",
    )
    assert (problem["staff_id"], problem["state"]) == (member["staff_id"], "active")


@pytest.mark.parametrize("role", ["applicant", "claimant", "service", "root"])
async def test_only_roles_of_people_are_given(service: ServiceFixture, role: str) -> None:
    header = await admin(service)
    member = await joined(service, header)

    invitation = await service.post("staff", {"email": "a@example.com", "role": role}, **header)
    changed = await change(
        service, header, "PUT", f"{member['staff_id']}/role", version=2, body={"role": role}
    )

    assert (invitation.status_code, changed.status_code) == (422, 422)


async def test_a_repeated_invitation_is_sent_once(service: ServiceFixture) -> None:
    header = {**await admin(service), "idempotency_key": "the-same-key-twice"}

    first, second = [
        (await invited(service, header))["staff_id"],
        (await invited(service, header))["staff_id"],
    ]

    assert first == second
    assert await types_of(service, first) == ["staff-invited.v1"]


async def test_a_changed_role_ends_the_sessions(service: ServiceFixture) -> None:
    header = await admin(service)
    member = await joined(service, header)
    session = (await service.post("sessions", {"email": ADDRESS, "password": PASSWORD})).json()

    response = await change(
        service, header, "PUT", f"{member['staff_id']}/role", version=2, body={"role": "operator"}
    )

    assert (response.status_code, response.json()["role"]) == (200, "operator")
    refreshed = await service.post("sessions/refresh", {"refresh_token": session["refresh_token"]})
    assert refreshed.status_code == 401
    (ended,) = await service.dependencies.store.read(f"revocation-{member['staff_id']}")
    assert ended.type == "session-ended.v1"
    me = (await service.get("me", **await signed_in(service, ADDRESS))).json()
    assert me["roles"] == ["operator"]
    changed = (await events_of(service, member["staff_id"]))[-1]
    assert (changed.data["previous_role"], changed.data["role"]) == ("reviewer", "operator")


async def test_a_member_who_is_ended_cannot_sign_in_and_keeps_the_address(
    service: ServiceFixture,
) -> None:
    header = await admin(service)
    member = await joined(service, header)
    session = (await service.post("sessions", {"email": ADDRESS, "password": PASSWORD})).json()
    await service.post("password-resets", {"email": ADDRESS})
    link = await link_to(service, member["staff_id"], "staff-password-reset-requested.v1")

    response = await change(service, header, "POST", f"{member['staff_id']}/end", version=2)

    assert (response.status_code, response.json()["state"]) == (200, "ended")
    refreshed = await service.post("sessions/refresh", {"refresh_token": session["refresh_token"]})
    again = await service.post("sessions", {"email": ADDRESS, "password": PASSWORD})
    reset = await service.post("password-resets/confirmation", {**link, "password": PASSWORD})
    assert [each.status_code for each in (refreshed, again, reset)] == [401, 401, 410]
    assert (await listed(service, header))["state"] == "ended"
    twice = await change(service, header, "POST", f"{member['staff_id']}/end", version=3)
    assert (twice.status_code, twice.json()["version"]) == (200, 3)


async def test_a_member_who_was_ended_returns_by_an_invitation_with_another_password(
    service: ServiceFixture,
) -> None:
    header = await admin(service)
    member = await joined(service, header)
    await change(service, header, "POST", f"{member['staff_id']}/end", version=2)

    again = await change(service, header, "POST", f"{member['staff_id']}/invitations", version=3)

    assert (again.status_code, again.json()["state"]) == (201, "invited")
    refused = await service.post("sessions", {"email": ADDRESS, "password": PASSWORD})
    assert refused.status_code == 401
    await accept(service, await link_to(service, member["staff_id"]))
    await signed_in(service, ADDRESS)


async def test_changes_need_the_version_that_was_read(service: ServiceFixture) -> None:
    header = await admin(service)
    member = await joined(service, header)
    path = f"{member['staff_id']}/role"

    outdated = await change(service, header, "PUT", path, version=1, body={"role": "viewer"})
    without = await service.put(f"staff/{path}", {"role": "viewer"}, **header)
    unknown = await change(service, header, "POST", f"{uuid4()}/end", version=1)

    assert [each.status_code for each in (outdated, without, unknown)] == [412, 428, 404]
    assert (await listed(service, header))["role"] == "reviewer"


async def test_an_own_end_and_that_of_the_last_administrator_are_refused(
    service: ServiceFixture,
) -> None:
    own_id = await added_admin(service)
    header = await signed_in(service, "admin@example.com")
    of_another_issuer = service.staff_header(Role.ADMIN)

    own = await change(service, header, "POST", f"{own_id}/end", version=1)
    last = await change(
        service, of_another_issuer, "PUT", f"{own_id}/role", version=1, body={"role": "viewer"}
    )

    assert (own.status_code, own.json()["type"]) == (403, "urn:vinculo:problem:own-membership")
    assert (last.status_code, last.json()["type"]) == (409, "urn:vinculo:problem:last-admin")


async def test_two_administrators_cannot_end_each_other_at_once(service: ServiceFixture) -> None:
    first = await added_admin(service, "first@example.com")
    second = await added_admin(service, "second@example.com")
    headers = [
        await signed_in(service, "first@example.com"),
        await signed_in(service, "second@example.com"),
    ]

    answers = await asyncio.gather(
        change(service, headers[0], "POST", f"{second}/end", version=1),
        change(service, headers[1], "POST", f"{first}/end", version=1),
    )

    assert sorted(each.status_code for each in answers) == [200, 409]
