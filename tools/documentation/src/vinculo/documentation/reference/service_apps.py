"""The HTTP applications of the services, built without servers, to read their routes."""

import base64
from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI

from vinculo.access import TokenVerifier
from vinculo.customer_registry import main as registry
from vinculo.customer_registry.settings import Settings as RegistrySettings
from vinculo.documents import main as documents
from vinculo.documents.settings import Settings as DocumentsSettings
from vinculo.eventstore.engine import create_engine
from vinculo.local.settings import new_signing_key
from vinculo.onboarding import main as onboarding
from vinculo.onboarding.settings import Settings as OnboardingSettings
from vinculo.privacy import KeyRing
from vinculo.query_api import main as query_api
from vinculo.query_api.mongo import connect
from vinculo.query_api.settings import Settings as QuerySettings

_KEY: Final = base64.b64encode(bytes(32)).decode()
_DATABASE: Final = "postgresql://unused@127.0.0.1:1/unused"

SETTINGS: Final[Mapping[str, str]] = {
    "onboarding_database_url": _DATABASE,
    "documents_database_url": _DATABASE,
    "registry_database_url": _DATABASE,
    "query_mongo_url": "mongodb://127.0.0.1:1/query?replicaSet=unused",
    "vinculo_keyring_url": _DATABASE,
    "vinculo_key_encryption_key": _KEY,
    "vinculo_link_key": _KEY,
    "vinculo_hash_key": _KEY,
    "vinculo_s3_access_key": "unused",
    "vinculo_s3_secret_key": "unused",
}
"""The settings without a default, of all services. No server has these addresses."""


async def service_apps() -> dict[str, FastAPI]:
    """The applications by service name. Their connections are opened on first use, so never."""
    return {
        "onboarding": _onboarding(),
        "documents": _documents(),
        "customer-registry": _registry(),
        "query-api": await _query_api(),
    }


def _onboarding() -> FastAPI:
    settings = OnboardingSettings.model_validate(
        {**SETTINGS, "onboarding_signing_key": new_signing_key()}
    )
    dependencies = onboarding.open_dependencies(settings)
    try:
        return onboarding.api_app(settings, dependencies)
    finally:
        dependencies.hasher.close()


def _documents() -> FastAPI:
    settings = DocumentsSettings.model_validate(SETTINGS)
    return documents.build_api(settings, documents.connect(settings))


def _registry() -> FastAPI:
    settings = RegistrySettings.model_validate(SETTINGS)
    return registry.build_api(settings, registry.build_engines(settings))


async def _query_api() -> FastAPI:
    settings = QuerySettings.model_validate(SETTINGS)
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    keys = KeyRing(create_engine(settings.keyring_url), settings.key_encryption_key)
    try:
        return query_api.query_app(
            settings, mongo, TokenVerifier(settings.vinculo_public_url), keys
        )
    finally:
        await mongo.close()
