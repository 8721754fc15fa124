"""Records read as events, tolerant of what tells nothing and strict with what is relied upon."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.events import Meta
from vinculo.messaging.consumed_event import ConsumedEvent, PoisonMessage, Position, TopicSource
from vinculo.messaging.error_summaries import safe_reason

_HIGHEST_VERSION = 2**63 - 1
_MOST_DIGITS = 19
_TYPES_REMEMBERED = 1_024
_SUBJECTS_REMEMBERED = 16_384


def headers_of(record: ConsumerRecord) -> dict[str, str]:
    """Give the headers that are text; a null or unreadable one is as good as absent."""
    try:
        return {name: value.decode() for name, value in record.headers}
    except (AttributeError, TypeError, UnicodeDecodeError):
        return _readable_headers(record)


def _readable_headers(record: ConsumerRecord) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in record.headers or ():
        if isinstance(value, bytes):
            try:
                headers[name] = value.decode()
            except UnicodeDecodeError:
                continue
    return headers


def stream_position(headers: Mapping[str, str]) -> tuple[str, int] | None:
    """Give the stream and version that the headers name, if both are readable."""
    stream_id = headers.get("ce_streamid", "")
    version = headers.get("ce_streamversion", "")
    if not version.isascii() or not version.isdigit() or len(version) > _MOST_DIGITS:
        return None
    return _storable_position(stream_id, int(version))


def decode(
    record: ConsumerRecord, source: TopicSource, headers: Mapping[str, str] | None = None
) -> ConsumedEvent:
    """Read a record of the source, or raise `Broken`."""
    if headers is None:
        headers = headers_of(record)
    type_ = _type(headers.get("ce_type", ""))
    position = stream_position(headers) if source.position is None else None
    stream_id, version = position or ("", 0)
    received = ConsumedEvent(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event_id=_event_id(headers),
        type=type_,
        source=headers.get("ce_source", ""),
        subject=_subject(headers.get("ce_subject") or record.key),
        stream_id=stream_id,
        version=version,
        time=_time(headers, record.timestamp),
        meta=_meta(headers),
        data=_data(record.value),
        payload=_payload(source, type_, record.value),
        raw=record,
    )
    if source.position is not None:
        received = _placed(received, source.position)
    elif position is None:
        raise PoisonMessage("position: not readable")
    return received


def _placed(received: ConsumedEvent, position_of: Position) -> ConsumedEvent:
    try:
        position = _storable_position(*position_of(received))
    except Exception as error:  # noqa: BLE001 - it would raise the same however often tried
        raise PoisonMessage(f"position: {safe_reason(error)}") from None
    if position is None:
        raise PoisonMessage("position: not readable")
    return replace(received, stream_id=position[0], version=position[1])


def _storable_position(stream_id: object, version: object) -> tuple[str, int] | None:
    """What PostgreSQL cannot keep as text and bigint would fail the guard for ever."""
    if not isinstance(stream_id, str) or not stream_id or "\0" in stream_id:
        return None
    if type(version) is not int or not 1 <= version <= _HIGHEST_VERSION:
        return None
    return stream_id, version


@lru_cache(maxsize=_TYPES_REMEMBERED)
def _type(name: str) -> str:
    """Take off `vinculo.<service>.`; a service's name has no dot."""
    if not name:
        raise PoisonMessage("ce_type: missing")
    if not name.startswith("vinculo."):
        return name
    return name.split(".", 2)[-1]


def _event_id(headers: Mapping[str, str]) -> UUID:
    name = headers.get("ce_id")
    if not name:
        raise PoisonMessage("ce_id: missing")
    try:
        return UUID(name)
    except ValueError:
        # CloudEvents lets outsiders name their events as they like, unique within the source.
        return uuid5(NAMESPACE_URL, f"{headers.get('ce_source', '')}|{name}")


@lru_cache(maxsize=_SUBJECTS_REMEMBERED)
def _subject(name: str | bytes | None) -> UUID:
    """The records of one person come together: one UUID stands for all of them."""
    try:
        return UUID(name.decode() if isinstance(name, bytes) else name)
    except (TypeError, ValueError):
        raise PoisonMessage("ce_subject: not a UUID") from None


def _time(headers: Mapping[str, str], timestamp_ms: int) -> datetime:
    text = headers.get("ce_time")
    try:
        if text is None:
            return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise PoisonMessage("ce_time: not a time") from None
    raise PoisonMessage("ce_time: has no zone")


def _meta(headers: Mapping[str, str]) -> Meta:
    """What is only told for tracing breaks nothing when it cannot be read."""
    return Meta(
        correlation_id=headers.get("ce_correlationid"),
        causation_id=_uuid_or_none(headers.get("ce_causationid")),
        traceparent=headers.get("traceparent") or headers.get("ce_traceparent"),
    )


def _uuid_or_none(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        return None


def _data(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise PoisonMessage("value: missing")
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise PoisonMessage("value: not JSON") from None
    if not isinstance(data, dict):
        raise PoisonMessage("value: not a JSON object")
    if b"\\u0000" in value:
        raise PoisonMessage("value: holds a NUL character")
    return data


def _payload(source: TopicSource, type_: str, value: bytes) -> Any:  # noqa: ANN401 - the reader's model
    try:
        return source.parse(type_, value)
    except PoisonMessage:
        raise
    except Exception as error:  # noqa: BLE001 - it would raise the same however often tried
        raise PoisonMessage(f"value: {safe_reason(error)}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedRecord:
    """A record as far as it could be read: `position` may be known of one that is broken."""

    record: ConsumerRecord
    gapless: bool
    position: tuple[str, int] | None
    received: ConsumedEvent | None
    error: str


def decode_record(record: ConsumerRecord, source: TopicSource) -> DecodedRecord:
    headers = headers_of(record)
    position = stream_position(headers) if source.position is None else None
    try:
        received = decode(record, source, headers)
    except PoisonMessage as broken:
        return DecodedRecord(
            record=record,
            gapless=source.gapless,
            position=position,
            received=None,
            error=broken.reason,
        )
    return DecodedRecord(
        record=record,
        gapless=source.gapless,
        position=(received.stream_id, received.version),
        received=received,
        error="",
    )
