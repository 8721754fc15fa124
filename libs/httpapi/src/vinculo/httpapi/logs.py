"""JSON logs by an allow-list: a key that is not on it is dropped, so that nothing personal leaks.

The texts of other libraries' messages and of exceptions are not under our control and may quote
values, so most are logged by their template or class alone.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
import structlog

from vinculo.httpapi.context import request_context
from vinculo.httpapi.error_descriptions import describe
from vinculo.httpapi.log_keys import ALLOWED_KEYS

LONGEST_TEXT = 300


_WORDY_LOGGERS: Final = ("uvicorn", "aiokafka", "alembic")
"""Their messages hold addresses, topics and revisions, and never what records carry."""


def configure_logging(
    service: str, *, also: frozenset[str] = frozenset(), level: int = logging.INFO
) -> None:
    """Send structlog's and the standard library's records to standard output as JSON lines."""
    allowed = ALLOWED_KEYS | also

    def finish(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:  # noqa: ANN401
        return rendered({**entry, "service": service}, allowed)

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_context,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, _describe_exception, finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[_take_record_apart, _describe_exception, finish],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.INFO))
    for noisy in ("uvicorn.access", "aiokafka.consumer.group_coordinator"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def rendered(entry: Mapping[str, Any], allowed: frozenset[str]) -> str:
    """One JSON line; the names of dropped keys are told, their values are not."""
    kept = {key: _plain(value) for key, value in entry.items() if key in allowed}
    dropped = sorted(key for key in entry if key not in allowed and not key.startswith("_"))
    if dropped:
        kept["dropped_keys"] = dropped
    return orjson.dumps(kept, option=orjson.OPT_NON_STR_KEYS, default=_class_name).decode(
        errors="replace"
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever was logged
    if isinstance(value, str):
        return value[:LONGEST_TEXT].encode(errors="replace").decode()
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, UUID | datetime | Path):
        return str(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return _class_name(value)


def _class_name(value: object) -> str:
    return f"<{type(value).__name__}>"


def _add_request_context(
    _: Any,  # noqa: ANN401 - structlog's logger
    __: str,
    entry: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    context = request_context.get()
    if context is not None:
        entry.setdefault("correlation_id", context.correlation_id)
        entry.setdefault("trace_id", context.trace_id)
    return entry


def _take_record_apart(
    _: Any,  # noqa: ANN401 - structlog's logger
    __: str,
    entry: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Keep a foreign record's template; fill in its arguments only for trusted loggers."""
    record: logging.LogRecord = entry.pop("_record")
    entry.pop("_from_structlog", None)
    if not record.name.startswith(_WORDY_LOGGERS):
        entry["event"] = str(record.msg) if record.args else record.name + " wrote a message"
    entry["exc_info"] = record.exc_info
    return entry


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
        entry["error_type"] = type(error).__name__
        entry["exception"] = describe(error)
    return entry
