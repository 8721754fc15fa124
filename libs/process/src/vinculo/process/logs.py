"""JSON logs with allowed keys only, exceptions without their messages, and no repetitions.

Messages of exceptions may contain personal data.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from vinculo.process.repeated_lines import RepeatedLines

ALLOWED_KEYS: Final = frozenset(
    {
        "actor",
        "attempt",
        "attempts",
        "batch",
        "bucket",
        "category",
        "causation_id",
        "channel",
        "check",
        "checks",
        "collection",
        "consumer",
        "correlation_id",
        "count",
        "crash_point",
        "database",
        "delay_seconds",
        "document_id",
        "duration_ms",
        "erasure_id",
        "error",
        "error_type",
        "event",
        "event_id",
        "event_type",
        "exception",
        "expected_version",
        "export_id",
        "generation",
        "group",
        "host",
        "job",
        "kind",
        "lag",
        "level",
        "link_id",
        "locale",
        "logger",
        "message_id",
        "method",
        "offset",
        "omitted",
        "partition",
        "payer_id",
        "permission",
        "person_id",
        "policy",
        "policy_version",
        "port",
        "project",
        "reason",
        "reason_code",
        "relay",
        "route",
        "rows",
        "seconds",
        "service",
        "setting",
        "settings",
        "signal",
        "sqlstate",
        "state",
        "status",
        "stream_id",
        "subject",
        "task",
        "template",
        "timestamp",
        "topic",
        "topics",
        "trace_id",
        "upload_id",
        "version",
        "worker",
    }
)


MAX_FRAMES: Final = 20
MAX_CHAIN_LENGTH: Final = 20
MAX_TEXT_LENGTH: Final = 300

_ERRORS_WITHOUT_DATA: Final = (OSError,)
"""Their messages contain addresses and file names only."""


def describe(error: BaseException) -> list[dict[str, Any]]:
    """The exception and its causes, each with class, frames and SQL state.

    The message is included only if it cannot contain data.
    """
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(chain) < MAX_CHAIN_LENGTH:
        seen.add(id(current))
        chain.append(_describe_one(current))
        if isinstance(current, BaseExceptionGroup):
            chain.extend(_describe_one(inner) for inner in current.exceptions[:MAX_CHAIN_LENGTH])
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return chain


def _describe_one(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    description: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__name__}",
        "frames": [
            f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
            for frame in frames
        ],
    }
    if isinstance(error, _ERRORS_WITHOUT_DATA):
        description["text"] = str(error)[:MAX_TEXT_LENGTH]
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        description["sqlstate"] = sqlstate
    return description


_TRUSTED_LOGGERS: Final = ("vinculo.", "uvicorn", "aiokafka", "alembic")
"""Their messages contain addresses, topics and revisions, and never data of records."""

_LIMITED_LEVELS: Final = frozenset({"warning", "error", "critical"})
_TRACES: Final = frozenset({"correlation_id", "trace_id"})

_RECORD_ATTRIBUTES: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def configure_logging(
    service: str, *, also: frozenset[str] = frozenset(), level: int = logging.INFO
) -> None:
    """Write the records of structlog and of `logging` to standard output as JSON lines.

    `also` are further allowed keys. Warnings, errors and lines of libraries that repeat are left
    out more and more; the next one has their number (`omitted`).
    """
    allowed = ALLOWED_KEYS | also
    repeated = RepeatedLines()

    def limit(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
        if entry["level"] not in _LIMITED_LEVELS:
            return entry
        omitted = repeated.admit(_repetition_key(entry))
        if omitted is None:
            raise structlog.DropEvent
        return {**entry, "omitted": omitted} if omitted else entry

    def finish(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:  # noqa: ANN401
        return to_json_line({**entry, "service": service}, allowed)

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _describe_exception,
            limit,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            finish,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LoggingFormatter(service, allowed))
    handler.addFilter(_RepetitionFilter(repeated))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.INFO))
    for noisy in ("uvicorn.access", "aiokafka.consumer.group_coordinator"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def _repetition_key(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Equal for warnings that differ in numbers and traces only, and for errors that are the same.

    The trace of a failed request is what a person reports, so every one of them is written.
    """
    is_warning = entry["level"] == "warning"
    return tuple(
        (name, str(value))
        for name, value in sorted(entry.items())
        if name != "exception"
        and not (is_warning and (name in _TRACES or isinstance(value, int | float)))
    )


class _RepetitionFilter(logging.Filter):
    """Leaves out records of `logging` that have the message of an earlier one, without values."""

    def __init__(self, repeated: RepeatedLines) -> None:
        super().__init__()
        self._repeated = repeated

    def filter(self, record: logging.LogRecord) -> bool:
        omitted = self._repeated.admit((record.name, record.levelno, str(record.msg)))
        if omitted:
            record.omitted = omitted
        return omitted is not None


def to_json_line(entry: Mapping[str, Any], allowed: frozenset[str]) -> str:
    """The allowed keys as one JSON line, with the names of the dropped keys."""
    fields = {key: _to_json(value) for key, value in entry.items() if key in allowed}
    dropped = sorted(key for key in entry if key not in allowed and not key.startswith("_"))
    if dropped:
        fields["dropped_keys"] = dropped
    return json.dumps(fields, default=_class_name)


def _to_json(value: Any) -> Any:  # noqa: ANN401 - any logged value
    if isinstance(value, str):
        return value[:MAX_TEXT_LENGTH].encode(errors="replace").decode()
    if isinstance(value, Enum):
        return _to_json(value.value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, UUID | datetime | Path):
        return str(value)
    if isinstance(value, Mapping):
        return {_to_json(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_to_json(item) for item in value]
    return _class_name(value)


def _class_name(value: object) -> str:
    return f"<{type(value).__name__}>"


class _LoggingFormatter(logging.Formatter):
    """Formats records of `logging` as the same JSON lines.

    The arguments of a message are filled in for trusted loggers only. `extra` fields of our own
    loggers pass the allow-list like all others.
    """

    def __init__(self, service: str, allowed: frozenset[str]) -> None:
        super().__init__()
        self._service = service
        self._allowed = allowed

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "event": _message(record),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
            "service": self._service,
        }
        if omitted := getattr(record, "omitted", 0):
            entry["omitted"] = omitted
        if record.name.startswith("vinculo."):
            extra = {k: v for k, v in vars(record).items() if k not in _RECORD_ATTRIBUTES}
            entry = extra | entry
        if record.exc_info and record.exc_info[1] is not None:
            _add_error(entry, record.exc_info[1])
        return to_json_line({**structlog.contextvars.get_contextvars(), **entry}, self._allowed)


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith(_TRUSTED_LOGGERS):
        return record.getMessage()
    return str(record.msg) if record.args else f"{record.name} wrote a message"


def _describe_exception(
    _: Any,  # noqa: ANN401 - structlog's logger
    __: str,
    entry: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    info = entry.pop("exc_info", None)
    error = (
        info
        if isinstance(info, BaseException)
        else info[1]
        if isinstance(info, tuple)
        else sys.exc_info()[1]
        if info
        else None
    )
    if error is not None:
        _add_error(entry, error)
    return entry


def _add_error(entry: MutableMapping[str, Any], error: BaseException) -> None:
    entry["error_type"] = type(error).__name__
    entry["exception"] = describe(error)
