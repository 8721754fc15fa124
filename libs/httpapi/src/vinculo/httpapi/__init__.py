"""The HTTP side of services: problems, idempotency, health, metrics, request limits, OpenAPI."""

from vinculo.httpapi.app import service_app, worker_app
from vinculo.httpapi.consistency_token import POSITION_HEADER, encode_position, parse_position
from vinculo.httpapi.context import current_meta
from vinculo.httpapi.headers import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    OPTIONAL_IF_MATCH,
    accepts_headers,
    etag,
    idempotency_key,
    if_match,
)
from vinculo.httpapi.health import Check, Degradation, is_public, public
from vinculo.httpapi.idempotency import Idempotency
from vinculo.httpapi.idempotency_store import PostgresIdempotencyStore
from vinculo.httpapi.lost_connections import is_lost_connection
from vinculo.httpapi.problem_types import ProblemType, may_refuse, responds_with
from vinculo.httpapi.problems import FieldError, Problem, UntranslatedError
from vinculo.httpapi.serving import serve

__all__ = [
    "IDEMPOTENCY_KEY",
    "IF_MATCH",
    "OPTIONAL_IF_MATCH",
    "POSITION_HEADER",
    "Check",
    "Degradation",
    "FieldError",
    "Idempotency",
    "PostgresIdempotencyStore",
    "Problem",
    "ProblemType",
    "UntranslatedError",
    "accepts_headers",
    "current_meta",
    "encode_position",
    "etag",
    "idempotency_key",
    "if_match",
    "is_lost_connection",
    "is_public",
    "may_refuse",
    "parse_position",
    "public",
    "responds_with",
    "serve",
    "service_app",
    "worker_app",
]
