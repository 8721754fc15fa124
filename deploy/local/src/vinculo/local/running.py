"""What can be known of a system from outside: whether it runs, and what it was given."""

from pathlib import Path

from vinculo.local.lock import FILE as LOCK
from vinculo.local.lock import is_held
from vinculo.local.stack_file import StackFile

DIRECTORY = Path(".vinculo")
SHOWN = {
    "VINCULO_PUBLIC_URL": "gateway",
    "VINCULO_KAFKA": "Kafka",
    "VINCULO_POSTGRES_URL": "PostgreSQL",
    "VINCULO_MONGO_URL": "MongoDB",
    "VINCULO_S3_URL": "S3",
    "VINCULO_SMTP": "mail server",
    "VINCULO_MAIL_DIR": "received mails",
    "VINCULO_SMS": "SMS gateway",
    "VINCULO_SMS_DIR": "received SMS",
}


def is_up(directory: Path) -> bool:
    return is_held(directory / LOCK)


def environment_of(directory: Path) -> dict[str, str] | None:
    """Give the environment of the running system's services, secrets included; None when down."""
    if not is_up(directory):
        return None
    return StackFile(directory).environment or None


def addresses_of(environment: dict[str, str]) -> list[tuple[str, str]]:
    """Give what is worth printing; passwords stay in the private file."""
    return [
        (label, _without_password(environment[variable]))
        for variable, label in SHOWN.items()
        if variable in environment
    ]


def _without_password(url: str) -> str:
    scheme, found, rest = url.partition("://")
    if not found or "@" not in rest:
        return url
    user = rest.split(":")[0]
    return f"{scheme}://{user}:…@{rest.rpartition('@')[2]}"
