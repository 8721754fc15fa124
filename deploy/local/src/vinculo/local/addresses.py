"""Where the servers are, in the shape the rest of the system takes it: environment variables."""

import os
from dataclasses import dataclass, fields
from pathlib import Path

VARIABLES = {
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
OPTIONAL = ("mail_directory", "sms_directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """All servers of one set. `postgres_url` belongs to a user that may create databases."""

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
        values = {variable: getattr(self, name) for name, variable in VARIABLES.items()}
        return {variable: str(value) for variable, value in values.items() if value is not None}

    @classmethod
    def from_environment(cls, environment: dict[str, str] | None = None) -> "Addresses":
        """Read back what `environment` gave; KeyError names a missing variable."""
        source = os.environ if environment is None else environment
        values = {
            field.name: source[VARIABLES[field.name]]
            for field in fields(cls)
            if field.name not in OPTIONAL
        }
        mail, sms = (source.get(VARIABLES[name]) for name in OPTIONAL)
        return cls(
            **values,
            mail_directory=Path(mail) if mail else None,
            sms_directory=Path(sms) if sms else None,
        )
