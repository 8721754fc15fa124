"""What a client learns before it sends a form."""

import pytest

from vinculo.testing.fixture_types import NewDatabase
from vinculo.values.birth_dates import AgeLimits

from ..service_fixture import ServiceFixture, migrate_onboarding, running_service, service_settings

pytestmark = pytest.mark.servers


async def test_the_rules_are_public_and_in_the_language_of_the_request(
    service: ServiceFixture,
) -> None:
    response = await service.get("rules", accept_language="en")

    assert response.status_code == 200, response.text
    rules = response.json()
    assert rules["brand"] == "Vínculo"
    assert rules["password"] == {"min_length": 15, "max_length": 128}
    assert rules["projects"]["default"] == {"min_age_years": 18, "max_age_years": 120}
    assert set(rules["document_types"]["CO"]) >= {"CC", "CE"}
    assert rules["consents"][0]["purpose"] == "personal_data"
    assert rules["consents"][0]["required"] is True
    assert rules["steps"]["documents"] == "Documents"
    assert rules["currencies"]["CO"] == ["COP"]
    assert rules["console_idle_minutes"] == 15
    assert rules["locales"] == ["es", "en"]


async def test_the_rules_are_those_of_the_installation(
    new_database: NewDatabase, keyring_url: str
) -> None:
    settings = service_settings(
        await new_database(migrate_onboarding, "onboarding"),
        keyring_url,
        vinculo_brand="Crédito Andino",
        onboarding_password_min_length=10,
        onboarding_console_idle_minutes=5,
        onboarding_age_limits={"express": AgeLimits(21, 60)},
    )
    async with running_service(settings) as service:
        rules = (await service.get("rules")).json()

    assert rules["brand"] == "Crédito Andino"
    assert rules["password"]["min_length"] == 10
    assert rules["console_idle_minutes"] == 5
    assert rules["projects"]["express"] == {"min_age_years": 21, "max_age_years": 60}


async def test_the_manifest_of_the_web_app_has_the_brand(service: ServiceFixture) -> None:
    response = await service.get("web-app-manifest", accept_language="en")

    assert response.headers["content-type"] == "application/manifest+json"
    manifest = response.json()
    assert (manifest["name"], manifest["lang"]) == ("Vínculo", "en")
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
