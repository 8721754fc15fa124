"""Consents are withdrawn and given again; the ledger shows what is in force."""

import pytest

from ..http_calls import GIVE_CONSENT, put_consent
from ..service_fixture import ServiceFixture

pytestmark = pytest.mark.servers


WITHDRAW = {"given": False, "channel": "mobile"}


async def test_a_consent_is_given_withdrawn_and_given_again(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    for body in (GIVE_CONSENT, GIVE_CONSENT, WITHDRAW, WITHDRAW, GIVE_CONSENT):
        assert (await put_consent(service, session, "marketing", body)).status_code == 204

    types = await service.types(person_id)
    assert types[-3:] == ["consent-given.v1", "consent-withdrawn.v1", "consent-given.v1"]
    assert types.count("consent-given.v1") == 2


async def test_the_ledger_shows_the_consents_in_force(service: ServiceFixture) -> None:
    _, session = await service.active()
    await put_consent(service, session, "marketing", GIVE_CONSENT)
    await put_consent(service, session, "marketing", WITHDRAW)
    response = await service.get("me/consents", **session)

    personal_data, marketing = response.json()["items"]
    assert (personal_data["purpose"], personal_data["given"]) == ("personal_data", True)
    assert "withdrawn_at" not in personal_data
    assert (marketing["purpose"], marketing["given"]) == ("marketing", False)
    assert (marketing["channel"], marketing["text_version"]) == ("mobile", "2026-01")
    assert marketing["withdrawn_at"] >= marketing["given_at"]


async def test_the_consent_to_store_personal_data_is_not_withdrawn(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    before = await service.types(person_id)
    response = await put_consent(service, session, "personal_data", WITHDRAW)

    assert response.status_code == 409
    assert response.json()["type"] == "urn:vinculo:problem:consent-indispensable"
    assert await service.types(person_id) == before


async def test_a_consent_has_the_hash_of_the_text_in_its_language(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    hashes = []
    for locale in ("es", "en"):
        await put_consent(service, session, "marketing", {**GIVE_CONSENT, "locale": locale})
        hashes.append((await service.events(person_id))[-1].data["text_sha256"])
        await put_consent(service, session, "marketing", WITHDRAW)

    texts = [await service.get(f"consent-texts?locale={locale}") for locale in ("es", "en")]
    shown = [
        text["sha256"]
        for response in texts
        for text in response.json()["items"]
        if text["purpose"] == "marketing"
    ]
    assert hashes == shown
