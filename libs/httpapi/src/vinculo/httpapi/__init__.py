"""What every HTTP service has: problems, idempotency, health, metrics, logs."""

from vinculo.httpapi.context import current_meta
from vinculo.httpapi.health import Check
from vinculo.httpapi.idempotency import Idempotency, idempotency_key
from vinculo.httpapi.logs import configure_logging
from vinculo.httpapi.positions import POSITION_HEADER, position_of, read_position
from vinculo.httpapi.preconditions import etag, if_match
from vinculo.httpapi.problems import FieldError, Problem
from vinculo.httpapi.public_routes import is_public, public
from vinculo.httpapi.service import service_app, worker_app
from vinculo.httpapi.serving import Work, closing, run, serve
from vinculo.httpapi.settings_errors import settings_or_exit
from vinculo.httpapi.taken_headers import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_MATCH_WHEN_GIVEN,
    takes,
)
from vinculo.httpapi.time_zone_setting import TimeZoneSetting

__all__ = [
    "IDEMPOTENCY_KEY",
    "IF_MATCH",
    "IF_MATCH_WHEN_GIVEN",
    "POSITION_HEADER",
    "Check",
    "FieldError",
    "Idempotency",
    "Problem",
    "TimeZoneSetting",
    "Work",
    "closing",
    "configure_logging",
    "current_meta",
    "etag",
    "idempotency_key",
    "if_match",
    "is_public",
    "position_of",
    "public",
    "read_position",
    "run",
    "serve",
    "service_app",
    "settings_or_exit",
    "takes",
    "worker_app",
]
