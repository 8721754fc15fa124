"""Settings of onboarding, from the environment. Secrets have no default."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import NoDecode

from vinculo.access import OidcIssuersSetting
from vinculo.onboarding.application.access_tokens import read_signing_key
from vinculo.onboarding.application.password_hasher import default_threads
from vinculo.onboarding.application.password_queue import MAX_WAIT_SECONDS
from vinculo.onboarding.application.registration import DuplicateHint
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.employment import DEDUCTIBLE_PERCENT, REFRESH_DAYS
from vinculo.onboarding.forms.password_strength import DEFAULT_MIN_LENGTH, PasswordRules
from vinculo.onboarding.forms.registration import DEFAULT_PROJECT
from vinculo.process import (
    EnvironmentSettings,
    MailSettings,
    PublicSettings,
    SecretKeySetting,
    SharedSettings,
    Unit,
)
from vinculo.values.birth_dates import AgeLimits, age_limits
from vinculo.values.currencies import (
    ISO_4217,
    SALARY_CURRENCIES,
    SALARY_LIMITS,
    SalaryLimits,
    salary_limits,
)
from vinculo.values.document_types import read_document_types


def _valid_signing_key(pem: SecretStr) -> SecretStr:
    read_signing_key(pem.get_secret_value())
    return pem


def _readable_document_types(path: Path | None) -> Path | None:
    """Read the file now, so that a bad one is reported like any other bad setting."""
    read_document_types(path)
    return path


def _readable_consent_texts(folder: Path | None) -> Path | None:
    read_consent_texts(folder)
    return folder


def _list(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _ages(value: object) -> object:
    return age_limits(value) if isinstance(value, str) else value


def _salaries(value: object) -> object:
    return salary_limits(value) if isinstance(value, str) else value


def _mapping(value: object) -> object:
    """`CO:50,express:40` as a mapping."""
    if not isinstance(value, str):
        return value
    entries = [part.partition(":") for part in value.split(",") if part.strip()]
    return {name.strip(): one.strip() for name, _, one in entries}


def _mapping_of_lists(value: object) -> object:
    """`CO:COP,MX:MXN|USD` as a mapping of lists."""
    mapping = _mapping(value)
    if not isinstance(value, str) or not isinstance(mapping, dict):
        return value
    return {name: one.split("|") for name, one in mapping.items()}


def _known_currency(code: str) -> str:
    if code not in ISO_4217:
        raise ValueError("must be a currency of ISO 4217")
    return code


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url


Name = Annotated[str, Field(min_length=1)]
Currency = Annotated[str, AfterValidator(_known_currency)]
Percent = Annotated[int, Field(ge=0, le=100)]
WebAddress = Annotated[str, AfterValidator(_web_address)]

ProjectsSetting = Annotated[frozenset[str], NoDecode, BeforeValidator(_list), Field(min_length=1)]
AgeLimitsSetting = Annotated[Mapping[str, AgeLimits], NoDecode, BeforeValidator(_ages)]
SalaryLimitsSetting = Annotated[Mapping[str, SalaryLimits], NoDecode, BeforeValidator(_salaries)]
CurrenciesSetting = Annotated[
    Mapping[Name, frozenset[Currency]], NoDecode, BeforeValidator(_mapping_of_lists)
]
PercentsSetting = Annotated[Mapping[Name, Percent], NoDecode, BeforeValidator(_mapping)]


class DatabaseSettings(EnvironmentSettings):
    """All that `migrate` and `staff` need."""

    onboarding_database_url: SecretStr
    """PostgreSQL database of onboarding, `postgresql://user:password@host:port/name`."""


class PasswordSettings(PublicSettings):
    """What a password is judged by."""

    onboarding_password_min_length: Annotated[int, Unit("characters")] = Field(
        default=DEFAULT_MIN_LENGTH, ge=8, le=64
    )
    """Shortest password. Less than 15 falls short of NIST SP 800-63B-4 for a single factor."""

    @property
    def password_rules(self) -> PasswordRules:
        return PasswordRules(
            min_length=self.onboarding_password_min_length, brand=self.vinculo_brand
        )


class StaffSettings(DatabaseSettings, PasswordSettings):
    """What the commands for members of staff need."""


class SubjectSettings(DatabaseSettings):
    """What the commands for subjects of external issuers need."""

    vinculo_oidc_issuers: OidcIssuersSetting = ()
    """Further issuers of access tokens for staff: a JSON list, or the path of a TOML file."""


class Settings(SubjectSettings, PasswordSettings, SharedSettings, MailSettings):
    onboarding_signing_key: Annotated[SecretStr, AfterValidator(_valid_signing_key)]
    """Signs access tokens: a private key on P-256 in PEM."""
    onboarding_projects: ProjectsSetting = frozenset({DEFAULT_PROJECT, "express"})
    """Projects for which people may register, separated by commas."""
    onboarding_age_limits: Annotated[AgeLimitsSetting, Unit("years")] = Field(default_factory=dict)
    """Completed years of applicants by project, as `default:18-75,express:21-60`; 18 to 120
    without.
    """
    onboarding_document_types: Annotated[Path | None, AfterValidator(_readable_document_types)] = (
        None
    )
    """TOML file of the identity documents, of any country; without it Colombia's."""
    onboarding_consent_texts: Annotated[Path | None, AfterValidator(_readable_consent_texts)] = None
    """Folder of consent texts, `<purpose>.<version>.<locale>.txt`, each version in every
    language; without it the shipped ones.
    """
    onboarding_duplicate_hint: DuplicateHint = DuplicateHint.LIMITED
    """Whether `POST document-checks` reveals that a document is registered: `never`, `limited`
    or `public`.
    """
    onboarding_document_checks_per_hour: Annotated[int, Unit("checks per hour")] = Field(
        default=300, ge=1, le=100_000
    )
    """Document checks per client network (an IPv4 address, an IPv6 /64) where they are limited."""
    onboarding_document_checks_per_document: Annotated[int, Unit("checks per hour")] = Field(
        default=30, ge=1, le=100_000
    )
    """Document checks per document, from all clients together, where they are limited."""
    onboarding_pool_size: Annotated[int, Unit("connections")] = Field(default=6, ge=2, le=200)
    """Database connections per process. More of them let more requests finish in one turn of the
    event loop, which delays health checks.
    """
    onboarding_password_threads: Annotated[int, Unit("threads")] = Field(
        default_factory=lambda: default_threads(os.cpu_count()), ge=1, le=64
    )
    """Passwords hashed at once, each with 19 MiB of memory; by default one less than the cores."""
    onboarding_password_wait_seconds: float = Field(default=MAX_WAIT_SECONDS, gt=0, le=60)
    """Longest expected wait of a password for a thread; beyond it requests are answered 503 with
    `Retry-After`.
    """
    onboarding_response_floor_seconds: float = Field(default=1, ge=0, le=60)
    """Registrations, requests for activation mails and password resets are answered after this time
    or a multiple of it, so that the time does not reveal whether the document is known; 0 for at
    once.
    """
    onboarding_session_days: int = Field(default=30, ge=1, le=365)
    """Longest session."""
    onboarding_session_idle_days: int = Field(default=7, ge=1, le=365)
    """Longest session without a refresh."""
    onboarding_console_idle_minutes: Annotated[int, Unit("minutes")] = Field(
        default=15, ge=1, le=480
    )
    """Time without a key or click after which the console is locked."""
    onboarding_abandon_lapsed_after_days: Annotated[int, Unit("days")] = Field(
        default=60, ge=1, le=3650
    )
    """Age of the last link from which a lapsed registration is abandoned, and then erased."""
    onboarding_links_kept_days: Annotated[int, Unit("days")] = Field(default=180, ge=1, le=3650)
    """Time from the expiry of an activation link to its deletion; it is unknown from then on."""
    onboarding_retention_interval_seconds: float = Field(default=300, ge=1, le=86_400)
    """Time between two sweeps of registrations whose links have expired."""

    onboarding_employment_refresh_days: int = Field(default=REFRESH_DAYS, ge=1, le=3650)
    """Age from which employment should be declared again."""
    onboarding_currencies: CurrenciesSetting = Field(
        default_factory=lambda: dict(SALARY_CURRENCIES)
    )
    """Currencies of salaries by country, as `CO:COP,MX:MXN|USD`; any in other countries."""
    onboarding_salary_limits: SalaryLimitsSetting = Field(
        default_factory=lambda: dict(SALARY_LIMITS)
    )
    """Plausible net salaries a month by currency, in its main unit, as `COP:100000-200000000`;
    any in other currencies.
    """
    onboarding_deductible_percent: PercentsSetting = Field(
        default_factory=lambda: dict(DEDUCTIBLE_PERCENT)
    )
    """Deductible part of the net salary by project or country, as `CO:50,express:40`. The
    project's comes first; without one no capacity is computed.
    """
    onboarding_credit_url: WebAddress | None = None
    """Address where people apply for credit once they may."""

    vinculo_link_key: SecretKeySetting
    """Derives the tokens of links and codes: 32 bytes in base64, the same in onboarding and
    notifications.
    """
    vinculo_hash_key: SecretKeySetting
    """Hashes document numbers, addresses and idempotency keys, and seals cursors: 32 bytes in
    base64. With another key, registered documents are not found.
    """

    @field_validator("onboarding_age_limits")
    @classmethod
    def ages_are_of_projects(
        cls, limits: Mapping[str, AgeLimits], info: ValidationInfo
    ) -> Mapping[str, AgeLimits]:
        if unknown := sorted(limits.keys() - info.data.get("onboarding_projects", limits.keys())):
            raise ValueError(f"no such project: {', '.join(unknown)}")
        return limits
