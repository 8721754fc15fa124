"""Settings of external token issuers, such as a lender's own OpenID provider for staff.

An issuer is trusted by configuration only: the address of its keys, its audience, and which of its
roles correspond to which of ours.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)
from pydantic_settings import NoDecode

from vinculo.access.roles import PUBLIC_ROLES, Role


class ExternalIssuer(BaseModel):
    """One trusted issuer.

    `roles_claim` is the name of a claim, or a path such as `realm_access.roles`. The claim is a
    list of role names, or one text with names separated by spaces. `roles` maps names to our roles.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, Field(min_length=1)]
    audience: Annotated[str, Field(min_length=1)]
    jwks_url: str
    roles_claim: Annotated[str, Field(min_length=1)] = "roles"
    roles: Mapping[str, Role]
    algorithms: Annotated[tuple[Literal["RS256", "ES256"], ...], Field(min_length=1)] = (
        "RS256",
        "ES256",
    )

    @field_validator("jwks_url")
    @classmethod
    def is_secure(cls, url: str) -> str:
        parts = urlsplit(url)
        is_local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
            raise ValueError("must begin with https://")
        return url

    @field_validator("roles")
    @classmethod
    def has_no_applicants(cls, roles: Mapping[str, Role]) -> Mapping[str, Role]:
        if not PUBLIC_ROLES.isdisjoint(roles.values()):
            raise ValueError("applicants can only sign in with our own issuer")
        return roles


def _read_setting(value: object) -> object:
    """The content of the variable as JSON, or of the TOML file that it names."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return ()
    try:
        if text.startswith("["):
            return json.loads(text)
        return tomllib.loads(Path(text).read_text(encoding="utf-8")).get("issuers", ())
    except (OSError, ValueError):
        raise ValueError("is neither a JSON list nor the path of a TOML file") from None


def _require_distinct(issuers: tuple[ExternalIssuer, ...]) -> tuple[ExternalIssuer, ...]:
    if len({each.issuer for each in issuers}) != len(issuers):
        raise ValueError("names an issuer twice")
    return issuers


OidcIssuersSetting = Annotated[
    tuple[ExternalIssuer, ...],
    NoDecode,
    BeforeValidator(_read_setting),
    AfterValidator(_require_distinct),
]
"""A JSON list of issuers, or the path of a TOML file with `[[issuers]]`; empty for none."""
