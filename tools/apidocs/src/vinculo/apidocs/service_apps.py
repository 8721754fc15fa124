"""The HTTP applications of the services, built without servers, to read their operations.

Connections are opened on first use, so settings whose addresses have no server are enough.
"""

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
from vinculo.notifications import main as notifications
from vinculo.notifications.settings import Settings as NotificationsSettings
from vinculo.onboarding.api import api_app as onboarding_api
from vinculo.onboarding.dependencies import open_dependencies as open_onboarding
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
    "notifications_database_url": _DATABASE,
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
    """The applications by service name."""
    return {
        "onboarding": await _onboarding(),
        "documents": await _documents(),
        "customer-registry": await _registry(),
        "notifications": await _notifications(),
        "query-api": await _query_api(),
    }


async def _onboarding() -> FastAPI:
    settings = OnboardingSettings.model_validate(
        {**SETTINGS, "onboarding_signing_key": new_signing_key()}
    )
    dependencies = open_onboarding(settings)
    try:
        return onboarding_api(settings, dependencies)
    finally:
        await dependencies.close()


async def _documents() -> FastAPI:
    settings = DocumentsSettings.model_validate(SETTINGS)
    connections = documents.connect(settings)
    try:
        return documents.build_api(settings, connections)
    finally:
        await connections.close()


async def _registry() -> FastAPI:
    settings = RegistrySettings.model_validate(SETTINGS)
    engines = registry.build_engines(settings)
    try:
        return registry.build_api(settings, engines)
    finally:
        await engines.dispose()


async def _notifications() -> FastAPI:
    settings = NotificationsSettings.model_validate(SETTINGS)
    connections = notifications.connect(settings)
    try:
        return notifications.build_api(settings, connections)
    finally:
        await connections.close()


async def _query_api() -> FastAPI:
    settings = QuerySettings.model_validate(SETTINGS)
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    keyring = create_engine(settings.keyring_url)
    keys = KeyRing(keyring, settings.key_encryption_key)
    verifier = TokenVerifier(settings.vinculo_public_url)
    try:
        return query_api.query_app(settings, mongo, verifier, keys)
    finally:
        await keyring.dispose()
        await mongo.close()
