"""Other issuers of tokens for staff and systems, such as a lender's own OpenID provider.

They are trusted by configuration alone: their addresses, which of their roles mean which of ours.
Their subjects are texts, which become ids of ours by the issuer's and their own name.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import jwt
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)
from pydantic_settings import NoDecode

from vinculo.access.key_sets import RemoteJwks, algorithm_of
from vinculo.access.roles import Principal, Role
from vinculo.access.token_header import LEEWAY_SECONDS, TokenRefused, header_of

SUBJECTS: Final = UUID("7f6f0c1e-5d0b-5b8e-9a53-2c6a1d0f4e77")
"""The namespace in which `issuer|subject` becomes an id."""
REQUIRED_CLAIMS: Final = ("iss", "aud", "exp", "iat", "sub")
LONGEST_SUBJECT: Final = 255


class ExternalIssuer(BaseModel):
    """`roles_claim` is a claim's name, or a path as in `realm_access.roles`.

    The claim is a list of texts, or one text with spaces; `roles` says which of ours each means.
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
    def is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("must begin with https://")
        return url

    @field_validator("roles")
    @classmethod
    def makes_no_applicants(cls, roles: Mapping[str, Role]) -> Mapping[str, Role]:
        if Role.APPLICANT in roles.values():
            raise ValueError("applicants sign in here only")
        return roles


def _read(value: object) -> object:
    """JSON in the variable itself, or the path of a TOML file with `[[issuers]]`."""
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
    tuple[ExternalIssuer, ...], NoDecode, BeforeValidator(_read), AfterValidator(_require_distinct)
]


class ExternalTokens:
    """Verifies the tokens of the configured issuers, each by its own keys only."""

    def __init__(self, issuers: Sequence[ExternalIssuer]) -> None:
        self._issuers = {
            each.issuer: (each, RemoteJwks(each.jwks_url, algorithms=each.algorithms))
            for each in issuers
        }

    def __contains__(self, issuer: object) -> bool:
        return isinstance(issuer, str) and issuer in self._issuers

    async def verify(self, token: str, issuer: str) -> Principal:
        """Raises TokenRefused, or KeysUnavailable when it cannot be told."""
        trusted, keys = self._issuers[issuer]
        key = await keys.key(header_of(token, trusted.algorithms).kid)
        if key is None:
            raise TokenRefused("unknown key")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm_of(key)],
                issuer=trusted.issuer,
                audience=trusted.audience,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise TokenRefused("malformed claims")
        return Principal(subject_id(trusted.issuer, subject), map_roles(claims, trusted))


def subject_id(issuer: str, subject: str) -> UUID:
    """The same for ever: records say by this id who did what."""
    return uuid5(SUBJECTS, f"{issuer}|{subject}")


def map_roles(claims: Mapping[str, Any], issuer: ExternalIssuer) -> frozenset[Role]:
    """Roles that the configuration does not name give nothing."""
    told = claims.get(issuer.roles_claim)
    if told is None:
        told = claims
        for step in issuer.roles_claim.split("."):
            told = told.get(step) if isinstance(told, Mapping) else None
    names = told.split() if isinstance(told, str) else told
    if not isinstance(names, list):
        return frozenset()
    return frozenset(
        issuer.roles[name] for name in names if isinstance(name, str) and name in issuer.roles
    )
