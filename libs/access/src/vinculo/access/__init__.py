"""Authentication and authorisation of callers: access tokens, roles, guards of routes."""

from vinculo.access.external_issuers import ExternalIssuer, OidcIssuersSetting
from vinculo.access.guards import guarded_routes, requires, unguarded_routes
from vinculo.access.key_sets import KeysUnavailable
from vinculo.access.revocations import RevocationList, RevocationReader, serve_guarded
from vinculo.access.roles import PERMISSIONS, PUBLIC_ROLES, Permission, Principal, Role
from vinculo.access.tokens import TokenRefused, TokenVerifier
from vinculo.httpapi import public

__all__ = [
    "PERMISSIONS",
    "PUBLIC_ROLES",
    "ExternalIssuer",
    "KeysUnavailable",
    "OidcIssuersSetting",
    "Permission",
    "Principal",
    "RevocationList",
    "RevocationReader",
    "Role",
    "TokenRefused",
    "TokenVerifier",
    "guarded_routes",
    "public",
    "requires",
    "serve_guarded",
    "unguarded_routes",
]
