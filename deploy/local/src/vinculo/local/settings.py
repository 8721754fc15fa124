"""The environment variables of a system: addresses of servers, names of databases, secrets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit, urlunsplit

from vinculo.local.services import DATABASES
from vinculo.local.state import StackState
from vinculo.process import EnvironmentSettings, Unit

ADDRESS_VARIABLES = {
    "postgres_url": "VINCULO_POSTGRES_URL",
    "kafka": "VINCULO_KAFKA",
    "mongo_url": "VINCULO_MONGO_URL",
    "s3_url": "VINCULO_S3_URL",
    "s3_access_key": "VINCULO_S3_ACCESS_KEY",
    "s3_secret_key": "VINCULO_S3_SECRET_KEY",
    "smtp": "VINCULO_SMTP",
    "sms": "VINCULO_SMS",
    "mail_directory": "VINCULO_MAIL_DIR",
    "sms_directory": "VINCULO_SMS_DIR",
}
OPTIONAL_ADDRESSES = ("mail_directory", "sms_directory")
KEYS = ("VINCULO_KEY_ENCRYPTION_KEY", "VINCULO_LINK_KEY", "VINCULO_HASH_KEY")


class LocalStackSettings(EnvironmentSettings):
    """What `vinculo up` and its parts read besides the services' settings."""

    vinculo_native: str = ""
    """1 starts everything without containers, also where Docker answers."""
    vinculo_postgres_url: str | None = None
    """A PostgreSQL server to use instead of starting one; its user may create databases."""
    vinculo_mongo_url: str | None = None
    """A MongoDB replica set to use instead of starting a server."""
    vinculo_mail_dir: Path | None = None
    """Folder in which the mail server of `VINCULO_SMTP` stores messages, if that is given."""
    vinculo_sms_dir: Path | None = None
    """Folder in which the SMS gateway of `VINCULO_SMS` stores messages, if that is given."""
    vinculo_secrets: Path = Path(".vinculo/secrets")
    """Folder of the files of secrets for containers."""
    vinculo_port: Annotated[int, Unit("port")] = 8080
    """Port of the gateway on the loopback address, for `docker compose`; otherwise `make up PORT=…`
    gives it.
    """
    vinculo_mail_port: Annotated[int | None, Unit("port")] = None
    """Port of the pages of received mails in containers; without it a free one."""
    vinculo_sms_port: Annotated[int | None, Unit("port")] = None
    """Port of the received SMS in containers; without it a free one."""
    vinculo_mail_public_url: str = ""
    """Address of received mails, printed by a demonstration in containers; `make demo` gives it."""
    vinculo_sms_public_url: str = ""
    """Address of received SMS, printed by a demonstration in containers; `make demo` gives it."""
    vinculo_crash_at: str = ""
    """For tests: the point in the code at which a process ends itself; it is not restarted."""
    xdg_cache_home: Path | None = None
    """Folder of downloaded and built parts, in `vinculo` below it; without it `~/.cache`."""


ALLOCATOR: Final = {"MALLOC_ARENA_MAX": "2"}
"""Settings of glibc for Python processes: every arena keeps what was freed in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddresses:
    """All servers of one system. The user in `postgres_url` may create databases."""

    postgres_url: str
    kafka: str
    mongo_url: str
    s3_url: str
    s3_access_key: str
    s3_secret_key: str
    smtp: str
    sms: str
    mail_directory: Path | None = None
    sms_directory: Path | None = None

    def environment(self) -> dict[str, str]:
        values = {variable: getattr(self, name) for name, variable in ADDRESS_VARIABLES.items()}
        return {variable: str(value) for variable, value in values.items() if value is not None}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "ServerAddresses":
        """The inverse of `environment`. KeyError names a missing variable."""
        source = os.environ if environment is None else environment
        values = {
            field.name: source[ADDRESS_VARIABLES[field.name]]
            for field in fields(cls)
            if field.name not in OPTIONAL_ADDRESSES
        }
        mail, sms = (source.get(ADDRESS_VARIABLES[name]) for name in OPTIONAL_ADDRESSES)
        return cls(
            **values,
            mail_directory=Path(mail) if mail else None,
            sms_directory=Path(sms) if sms else None,
        )


def service_environment(
    state: StackState,
    addresses: ServerAddresses,
    *,
    public_url: str,
    jwks_port: int,
    namespace: str = "",
) -> dict[str, str]:
    """All settings without a default, and those whose value differs on this machine.

    `namespace` prefixes every database, topic and bucket, for systems that share servers.
    """
    prefix = f"{namespace}-" if namespace else ""
    return {
        **ALLOCATOR,
        **addresses.environment(),
        **{name: state.key(name) for name in KEYS},
        **{
            variable: _database_url(addresses.postgres_url, database_name(name, namespace))
            for variable, name in DATABASES.items()
        },
        "ONBOARDING_SIGNING_KEY": state.get_or_create("ONBOARDING_SIGNING_KEY", new_signing_key),
        "VINCULO_TOPIC_PREFIX": prefix,
        "VINCULO_PUBLIC_URL": public_url,
        "VINCULO_JWKS_URL": f"http://127.0.0.1:{jwks_port}/.well-known/jwks.json",
        "DOCUMENTS_BUCKET": f"{prefix}documents",
        "DOCUMENTS_QUARANTINE_BUCKET": f"{prefix}documents-quarantine",
        "QUERY_EXPORTS_BUCKET": f"{prefix}exports",
        "VINCULO_ERASURES_BUCKET": f"{prefix}erasures",
        "QUERY_MONGO_URL": _database_url(addresses.mongo_url, database_name("query", namespace)),
        "NOTIFICATIONS_SENDER": "Vínculo <no-reply@vinculo.example>",
    }


def database_name(name: str, namespace: str) -> str:
    return f"{namespace}_{name}" if namespace else name


def new_signing_key() -> str:
    """A P-256 private key as PEM."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # once per system
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def _database_url(server_url: str, name: str) -> str:
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
