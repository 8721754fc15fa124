"""The HTTP applications of the services, built without servers, to read their routes."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from pydantic import SecretBytes, SecretStr

from vinculo.access import TokenVerifier
from vinculo.customer_registry import main as registry
from vinculo.customer_registry.settings import Settings as RegistrySettings
from vinculo.documents import main as documents
from vinculo.documents.settings import Settings as DocumentsSettings
from vinculo.eventstore.engine import create_engine
from vinculo.onboarding import main as onboarding
from vinculo.onboarding.settings import Settings as OnboardingSettings
from vinculo.privacy import KeyRing
from vinculo.query_api import main as query_api
from vinculo.query_api.mongo import connect
from vinculo.query_api.settings import Settings as QuerySettings

_KEY = SecretBytes(bytes(32))
_DATABASE = SecretStr("postgresql://nobody@127.0.0.1:1/none")
_SECRET = SecretStr("none")


async def service_apps() -> dict[str, FastAPI]:
    """The applications by service name. Their connections are opened on first use, so never."""
    return {
        "onboarding": _onboarding(),
        "documents": _documents(),
        "customer-registry": _registry(),
        "query-api": await _query_api(),
    }


def _onboarding() -> FastAPI:
    settings = OnboardingSettings(
        onboarding_database_url=_DATABASE,
        onboarding_signing_key=SecretStr(_signing_key()),
        vinculo_keyring_url=_DATABASE,
        vinculo_key_encryption_key=_KEY,
        vinculo_link_key=_KEY,
        vinculo_hash_key=_KEY,
    )
    dependencies = onboarding.open_dependencies(settings)
    try:
        return onboarding.api_app(settings, dependencies)
    finally:
        dependencies.hasher.close()


def _documents() -> FastAPI:
    settings = DocumentsSettings(
        documents_database_url=_DATABASE,
        vinculo_keyring_url=_DATABASE,
        vinculo_key_encryption_key=_KEY,
        vinculo_hash_key=_KEY,
        vinculo_s3_access_key=_SECRET,
        vinculo_s3_secret_key=_SECRET,
    )
    return documents.build_api(settings, documents.connect(settings))


def _registry() -> FastAPI:
    settings = RegistrySettings(
        registry_database_url=_DATABASE,
        vinculo_keyring_url=_DATABASE,
        vinculo_key_encryption_key=_KEY,
        vinculo_hash_key=_KEY,
    )
    return registry.build_api(settings, registry.build_engines(settings))


async def _query_api() -> FastAPI:
    settings = QuerySettings(
        query_mongo_url=SecretStr("mongodb://127.0.0.1:1/query?replicaSet=none"),
        vinculo_keyring_url=_DATABASE,
        vinculo_key_encryption_key=_KEY,
        vinculo_hash_key=_KEY,
        vinculo_s3_access_key=_SECRET,
        vinculo_s3_secret_key=_SECRET,
    )
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    keys = KeyRing(create_engine(settings.keyring_url), settings.key_encryption_key)
    try:
        return query_api.query_app(
            settings, mongo, TokenVerifier(settings.vinculo_public_url), keys
        )
    finally:
        await mongo.close()


def _signing_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )
