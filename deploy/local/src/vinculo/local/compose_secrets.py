"""The secrets of the system in containers: one file per setting, generated at the first start."""

import secrets
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vinculo.local.settings import KEYS, new_signing_key

POSTGRES_PASSWORD = "postgres_password"  # noqa: S105  # the name of a file
DATABASE_URLS = {
    "vinculo_keyring_url": "keyring",
    "onboarding_database_url": "onboarding",
    "documents_database_url": "documents",
    "registry_database_url": "customer_registry",
    "notifications_database_url": "notifications",
}
ADDRESSES = {
    "query_mongo_url": "mongodb://mongodb:27017/query?replicaSet=rs0",
    "vinculo_smtp": "smtp://mail:1025",
    "vinculo_sms": "http://sms:1026/messages",
}


def make_secrets(folder: Path) -> list[str]:
    """Write the files that are missing; their names.

    Processes in containers have other user ids than the owner of the files, so every user may read
    a file, but only the owner may enter the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    contents: dict[str, Callable[[], str]] = {
        POSTGRES_PASSWORD: lambda: secrets.token_urlsafe(24),
        **{name.lower(): _key for name in KEYS},
        "onboarding_signing_key": new_signing_key,
        "vinculo_s3_access_key": lambda: secrets.token_hex(10),
        "vinculo_s3_secret_key": lambda: secrets.token_urlsafe(24),
    }
    for name, database in DATABASE_URLS.items():
        contents[name] = partial(_database_url, folder / POSTGRES_PASSWORD, database)
    for name, address in ADDRESSES.items():
        contents[name] = partial(str, address)
    made = [name for name in contents if not (folder / name).exists()]
    for name in made:
        _write(folder / name, contents[name]())
    return made


def _database_url(password_file: Path, database: str) -> str:
    password = password_file.read_text(encoding="utf-8").strip()
    return f"postgresql://vinculo:{password}@postgres:5432/{database}"


def _key() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


def _write(path: Path, content: str) -> None:
    unfinished = path.with_name(f"{path.name}.making")
    unfinished.write_text(content, encoding="utf-8")
    unfinished.chmod(0o444)
    unfinished.rename(path)
