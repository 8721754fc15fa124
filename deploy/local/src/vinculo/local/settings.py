"""The environment that every process of one system is given: addresses, names and secrets."""

from urllib.parse import urlsplit, urlunsplit

from vinculo.local.addresses import Addresses
from vinculo.local.members import DATABASES
from vinculo.local.stack_file import StackFile

KEYS = ("VINCULO_KEY_ENCRYPTION_KEY", "VINCULO_LINK_KEY", "VINCULO_HASH_KEY")


def environment(
    stack: StackFile, addresses: Addresses, *, public_url: str, jwks_port: int, namespace: str = ""
) -> dict[str, str]:
    """Give all settings without a default, and those that differ from it on this machine.

    `namespace` goes before every database, topic and bucket, for systems that share servers.
    """
    dashed = f"{namespace}-" if namespace else ""
    return {
        **addresses.environment(),
        **{name: stack.key(name) for name in KEYS},
        **{
            variable: _database(addresses.postgres_url, database_name(name, namespace))
            for variable, name in DATABASES.items()
        },
        "ONBOARDING_SIGNING_KEY": stack.keep("ONBOARDING_SIGNING_KEY", new_signing_key),
        "VINCULO_TOPIC_PREFIX": dashed,
        "VINCULO_PUBLIC_URL": public_url,
        "VINCULO_JWKS_URL": f"http://127.0.0.1:{jwks_port}/.well-known/jwks.json",
        "DOCUMENTS_BUCKET": f"{dashed}documents",
        "QUERY_EXPORTS_BUCKET": f"{dashed}exports",
        "QUERY_MONGO_URL": _database(addresses.mongo_url, database_name("query", namespace)),
        "NOTIFICATIONS_SENDER": "Vínculo <no-reply@vinculo.example>",
    }


def database_name(name: str, namespace: str) -> str:
    return f"{namespace}_{name}" if namespace else name


def new_signing_key() -> str:
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


def _database(server_url: str, name: str) -> str:
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
