"""Step two over HTTP: the e-mailed link works once, for a day, and opens a session."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import jwt
import pytest

from vinculo.onboarding.storage.accounts import update_account
from vinculo.privacy import link_token

from .service_under_test import Service

pytestmark = pytest.mark.servers


async def test_the_link_activates_and_opens_a_session(service: Service) -> None:
    link = await service.registered()
    answer = await service.post("activations", link.body())

    session = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (session["token_type"], session["expires_in"]) == ("Bearer", 600)
    assert session["person_id"] == str(link.person_id)
    assert (await service.types(link.person_id))[-1] == "email-verified.v1"


async def test_the_token_says_who_and_what_and_nothing_else(service: Service) -> None:
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
        "roles": ["applicant"],
    }


async def test_a_token_is_verified_by_the_published_keys(service: Service) -> None:
    _, session = await service.active()
    token = session["authorization"].removeprefix("Bearer ")
    key_set = (await service.client.get("/.well-known/jwks.json")).json()
    keys = jwt.PyJWKSet.from_dict(key_set)

    assert "d" not in key_set["keys"][0]
    header = jwt.get_unverified_header(token)
    jwt.decode(token, keys[header["kid"]], algorithms=["ES256"], audience="vinculo")


async def test_a_link_works_once(service: Service) -> None:
    link = await service.registered()
    await service.post("activations", link.body())
    again = await service.post("activations", link.body())

    assert again.status_code == 410
    assert again.json()["type"] == "urn:vinculo:problem:link-used"


async def test_of_two_that_use_a_link_at_once_one_activates(service: Service) -> None:
    link = await service.registered()
    answers = await asyncio.gather(*(service.post("activations", link.body()) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200, *[410] * 7]
    assert (await service.types(link.person_id)).count("email-verified.v1") == 1


async def test_a_link_expires_after_a_day(service: Service) -> None:
    link = await service.registered()
    service.clock.advance(timedelta(hours=24))
    answer = await service.post("activations", link.body())

    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:vinculo:problem:link-expired"


async def test_an_unknown_link_and_a_wrong_token_are_answered_alike(service: Service) -> None:
    link = await service.registered()
    unknown = uuid4()
    key = service.settings.vinculo_link_key.get_secret_value()
    answers = [
        await service.post("activations", {"link_id": str(unknown), "token": "x"}),
        await service.post(
            "activations", {"link_id": str(unknown), "token": link_token(key, unknown)}
        ),
        await service.post("activations", {"link_id": str(link.link_id), "token": "ñ" * 43}),
        await service.post("activations", {**link.body(), "link_id": str(unknown)}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["type"] for answer in answers} == {"urn:vinculo:problem:link-unknown"}
    assert "email-verified.v1" not in await service.types(link.person_id)


async def test_the_link_of_a_blocked_person_is_answered_as_unknown(service: Service) -> None:
    link = await service.registered()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, link.person_id, status="blocked")

    assert (await service.post("activations", link.body())).status_code == 404


MALFORMED: list[object] = [
    {},
    {"link_id": "x", "token": "y"},
    {"link_id": str(UUID(int=1)), "token": "y", "more": 1},
]


async def test_a_malformed_activation_is_refused(service: Service) -> None:
    for body in MALFORMED:
        assert (await service.post("activations", body)).status_code == 422
