"""Consents are withdrawn and given again; the ledger says what is in force."""

from typing import Any

import httpx2
import pytest

from .service_under_test import Service

pytestmark = pytest.mark.servers

GIVE = {"given": True, "text_version": "2026-01", "channel": "web"}
WITHDRAW = {"given": False, "channel": "mobile"}


async def put(
    service: Service, session: dict[str, str], purpose: str, body: dict[str, Any]
) -> httpx2.Response:
    return await service.put(f"me/consents/{purpose}", body, **session)


async def test_a_consent_is_given_withdrawn_and_given_again(service: Service) -> None:
    person_id, session = await service.active()
    for body in (GIVE, GIVE, WITHDRAW, WITHDRAW, GIVE):
        assert (await put(service, session, "marketing", body)).status_code == 204

    types = await service.types(person_id)
    assert types[-3:] == ["consent-given.v1", "consent-withdrawn.v1", "consent-given.v1"]
    assert types.count("consent-given.v1") == 3


async def test_the_ledger_shows_what_is_in_force(service: Service) -> None:
    _, session = await service.active()
    await put(service, session, "marketing", GIVE)
    await put(service, session, "marketing", WITHDRAW)
    answer = await service.get("me/consents", **session)

    personal_data, marketing = answer.json()["items"]
    assert (personal_data["purpose"], personal_data["given"]) == ("personal_data", True)
    assert "withdrawn_at" not in personal_data
    assert (marketing["purpose"], marketing["given"]) == ("marketing", False)
    assert (marketing["channel"], marketing["text_version"]) == ("mobile", "2026-01")
    assert marketing["withdrawn_at"] >= marketing["given_at"]


async def test_the_consent_to_keep_personal_data_is_not_withdrawn(service: Service) -> None:
    person_id, session = await service.active()
    before = await service.types(person_id)
    answer = await put(service, session, "personal_data", WITHDRAW)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:vinculo:problem:consent-indispensable"
    assert await service.types(person_id) == before


async def test_the_text_that_was_read_is_named_in_its_language(service: Service) -> None:
    person_id, session = await service.active()
    hashes = []
    for locale in ("es", "en"):
        await put(service, session, "marketing", {**GIVE, "locale": locale})
        hashes.append((await service.events(person_id))[-1].data["text_sha256"])
        await put(service, session, "marketing", WITHDRAW)

    texts = [await service.get(f"consent-texts?locale={locale}") for locale in ("es", "en")]
    shown = [
        text["sha256"]
        for answer in texts
        for text in answer.json()["items"]
        if text["purpose"] == "marketing"
    ]
    assert hashes == shown


MALFORMED: list[tuple[str, dict[str, Any]]] = [
    ("marketing", {"given": True, "channel": "web"}),
    ("marketing", {**GIVE, "text_version": "1999-01"}),
    ("marketing", {"given": True, "text_version": "2026-01"}),
    ("marketing", {**GIVE, "more": 1}),
    ("marketing", {**GIVE, "given": "perhaps"}),
    ("profiling", GIVE),
]


async def test_a_malformed_consent_is_refused(service: Service) -> None:
    person_id, session = await service.active()
    before = await service.types(person_id)
    for purpose, body in MALFORMED:
        assert (await put(service, session, purpose, body)).status_code == 422, body
    assert await service.types(person_id) == before
