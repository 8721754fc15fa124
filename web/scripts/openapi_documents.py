# ruff: noqa: INP001 - a script, run by its path
"""Writes the OpenAPI documents of the services, built without servers, into a folder."""

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

import vinculo.customer_registry.main as registry
import vinculo.documents.main as documents
import vinculo.onboarding.main as onboarding
import vinculo.query_api.main as query
from vinculo.access import TokenVerifier
from vinculo.customer_registry.settings import Settings as RegistrySettings
from vinculo.documents.settings import Settings as DocumentsSettings
from vinculo.eventstore import create_engine
from vinculo.local.settings import new_signing_key
from vinculo.onboarding.settings import Settings as OnboardingSettings
from vinculo.privacy import KeyRing
from vinculo.query_api.mongo import connect
from vinculo.query_api.settings import Settings as QuerySettings

_KEY: Final = base64.b64encode(bytes(32)).decode()
_DATABASE: Final = "postgresql://none@127.0.0.1:9/none"
_SETTINGS: Final[Mapping[str, Any]] = {
    "vinculo_keyring_url": _DATABASE,
    "vinculo_key_encryption_key": _KEY,
    "vinculo_hash_key": _KEY,
    "vinculo_link_key": _KEY,
    "vinculo_s3_access_key": "none",
    "vinculo_s3_secret_key": "none",
    "onboarding_database_url": _DATABASE,
    "documents_database_url": _DATABASE,
    "registry_database_url": _DATABASE,
    "query_mongo_url": "mongodb://127.0.0.1:9/none",
}


async def onboarding_app() -> FastAPI:
    settings = OnboardingSettings.model_validate(
        {**_SETTINGS, "onboarding_signing_key": new_signing_key()}
    )
    dependencies = onboarding.open_dependencies(settings)
    try:
        return onboarding.api_app(settings, dependencies)
    finally:
        await dependencies.close()


async def documents_app() -> FastAPI:
    settings = DocumentsSettings.model_validate(_SETTINGS)
    connections = documents.connect(settings)
    try:
        return documents.build_api(settings, connections)
    finally:
        await connections.close()


async def registry_app() -> FastAPI:
    settings = RegistrySettings.model_validate(_SETTINGS)
    engines = registry.build_engines(settings)
    try:
        return registry.build_api(settings, engines)
    finally:
        await engines.dispose()


async def query_app() -> FastAPI:
    settings = QuerySettings.model_validate(_SETTINGS)
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    keyring = create_engine(settings.keyring_url)
    try:
        keys = KeyRing(keyring, settings.key_encryption_key)
        return query.query_app(settings, mongo, TokenVerifier(settings.vinculo_public_url), keys)
    finally:
        await keyring.dispose()
        await mongo.close()


APPLICATIONS: Final[Mapping[str, Callable[[], Awaitable[FastAPI]]]] = {
    "onboarding": onboarding_app,
    "documents": documents_app,
    "registry": registry_app,
    "query": query_app,
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in asyncio.run(openapi_documents()).items():
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


async def openapi_documents() -> dict[str, dict[str, Any]]:
    return {name: (await make()).openapi() for name, make in APPLICATIONS.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
