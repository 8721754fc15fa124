"""Decodes Kafka records into events: strict with what consumers rely on, lenient with the rest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from vinculo.events import Meta
from vinculo.messaging.consumed_event import ConsumedEvent, PoisonMessage, Position, TopicSource
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.ordering_policy import Arrival, QuarantineReason

_MAX_VERSION = 2**63 - 1
_MAX_VERSION_DIGITS = 19
_MAX_CACHED_TYPES = 1_024
_MAX_CACHED_TEXTS = 16_384
_UUID = TypeAdapter(UUID).validator

RawHeaders: TypeAlias = Mapping[str, bytes | None]
"""Headers as they are in the record; only those that are used become text."""


@dataclass(slots=True, kw_only=True)  # not frozen: that would take three times as long
class DecodedRecord:
    """Not to be changed: a record with its event, or with the problem that prevents applying it.

    `position` is stream id and version; it may be known although the event is not. Sources with a
    `checkpoint_id` have that in place of the stream id. A record without event and problem has no
    effect, but advances its stream. `error` describes the problem without personal data.
    """

    record: ConsumerRecord
    gapless: bool
    position: tuple[str, int] | None
    event: ConsumedEvent | None = None
    event_id: UUID | None = None
    store_epoch: int | None = None
    problem: QuarantineReason | None = None
    error: str = ""

    @property
    def arrival(self) -> Arrival:
        return Arrival(
            version=0 if self.position is None else self.position[1],
            gapless=self.gapless,
            event_id=self.event_id,
            store_epoch=self.store_epoch,
            problem=self.problem,
        )

    @property
    def has_no_effect(self) -> bool:
        return self.event is None and self.problem is None

    def with_problem(self, problem: QuarantineReason, error: str) -> "DecodedRecord":
        return replace(self, event=None, problem=problem, error=error)

    def without_effect(self) -> "DecodedRecord":
        """As if the record had no effect: its version is skipped."""
        return replace(self, event=None, problem=None, error="")


def headers_of(record: ConsumerRecord) -> dict[str, str]:
    """The headers that are UTF-8 text; null and undecodable ones are left out."""
    headers = _raw_headers(record).items()
    return {name: text for name, header in headers if (text := _text(header)) is not None}


def _raw_headers(record: ConsumerRecord) -> RawHeaders:
    return dict(record.headers or ())


def _text(header: bytes | None) -> str | None:
    """None for a header that is missing, null, or not UTF-8."""
    if header is None:
        return None
    try:
        return header.decode()
    except UnicodeDecodeError:
        return None


_repeated_text = lru_cache(maxsize=_MAX_CACHED_TEXTS)(_text)
"""`_text` of headers that many records have in common: one object for all of them."""


def stream_position(headers: Mapping[str, str]) -> tuple[str, int] | None:
    """Stream id and version from the headers; None unless both are valid."""
    return _position(headers.get("ce_streamid"), headers.get("ce_streamversion", ""))


def _position(stream_id: str | None, version: str | bytes) -> tuple[str, int] | None:
    if not version.isascii() or not version.isdigit() or len(version) > _MAX_VERSION_DIGITS:
        return None
    return _storable_position(stream_id, int(version))


def decode(record: ConsumerRecord, source: TopicSource) -> ConsumedEvent:
    """Decode a record of the source.

    Raises:
        PoisonMessage: the record cannot be decoded or parsed.

    """
    if source.check is not None:
        source.check(record)
    headers = _raw_headers(record)
    return _decode(
        record,
        source,
        headers,
        type_=_type(headers.get("ce_type")),
        event_id=_event_id(headers),
        store_epoch=_store_epoch(headers),
        position=_position_in(headers, source),
    )


def _decode(
    record: ConsumerRecord,
    source: TopicSource,
    headers: RawHeaders,
    *,
    type_: str,
    event_id: UUID,
    store_epoch: int | None,
    position: tuple[str, int] | None,
) -> ConsumedEvent:
    """`position` is None where the event has it, or where it is not readable."""
    stream_id, version = position or ("", 0)
    event = ConsumedEvent(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event_id=event_id,
        type=type_,
        source=_repeated_text(headers.get("ce_source")) or "",
        subject=_subject(headers.get("ce_subject"), record.key),
        stream_id=stream_id,
        version=version,
        time=_time(headers, record.timestamp),
        meta=_meta(headers),
        value=_checked_value(record.value),
        payload=_payload(source, type_, record.value),
        raw=record,
        store_epoch=store_epoch,
    )
    if source.position is not None:
        event = _with_position(event, source.position)
    elif position is None:
        raise PoisonMessage("position: not readable")
    return event


def decode_record(record: ConsumerRecord, source: TopicSource) -> DecodedRecord:
    """Decode a record of the source without raising.

    Of a record without an effect only the headers are read.
    """
    headers = _raw_headers(record)
    position = _position_in(headers, source)
    store_epoch = _store_epoch(headers)
    event: ConsumedEvent | None = None
    event_id: UUID | None = None
    problem: QuarantineReason | None = None
    error = ""
    try:
        if source.check is not None:
            source.check(record)
        type_ = _type(headers.get("ce_type"))
        event_id = _event_id(headers)
        if source.is_unknown(type_):
            problem, error = QuarantineReason.UNKNOWN_TYPE, f"unknown type {type_}"
        elif position is None or not source.is_irrelevant(type_):
            event = _decode(
                record,
                source,
                headers,
                type_=type_,
                event_id=event_id,
                store_epoch=store_epoch,
                position=position,
            )
            if source.position is not None or source.checkpoint_id is not None:
                position = _checkpoint_position(event, source)
    except PoisonMessage as poison:
        problem, error = QuarantineReason.POISON, poison.reason
    return DecodedRecord(
        record=record,
        gapless=source.gapless,
        position=position,
        event=event,
        event_id=event_id,
        store_epoch=store_epoch,
        problem=problem,
        error=error,
    )


def _position_in(headers: RawHeaders, source: TopicSource) -> tuple[str, int] | None:
    """The position in the headers, where the source has it there."""
    if source.position is not None:
        return None
    stream_id = _repeated_text(headers.get("ce_streamid"))
    position = _position(stream_id, headers.get("ce_streamversion") or b"")
    if position is None or source.is_stream_id is None or source.is_stream_id(position[0]):
        return position
    return None


def _checkpoint_position(event: ConsumedEvent, source: TopicSource) -> tuple[str, int]:
    if source.checkpoint_id is None:
        return event.stream_id, event.version
    return source.checkpoint_id(event), event.version


def subject_of(record: ConsumerRecord) -> UUID | None:
    """The person of a record, from its headers or its key; None if neither is a UUID."""
    try:
        return _subject(_raw_headers(record).get("ce_subject"), record.key)
    except PoisonMessage:
        return None


def event_key(record: ConsumerRecord) -> str:
    """The event's id as text; a hash of the value of a record without one."""
    name = headers_of(record).get("ce_id")
    return name or hashlib.sha256(record.value or b"").hexdigest()


def _with_position(event: ConsumedEvent, position_of: Position) -> ConsumedEvent:
    try:
        position = _storable_position(*position_of(event))
    except Exception as error:  # noqa: BLE001 - a retry would raise the same
        raise PoisonMessage(f"position: {safe_reason(error)}") from None
    if position is None:
        raise PoisonMessage("position: not readable")
    return replace(event, stream_id=position[0], version=position[1])


def _storable_position(stream_id: object, version: object) -> tuple[str, int] | None:
    """The position, if PostgreSQL can store it as text and bigint; saving another always fails."""
    if not isinstance(stream_id, str) or not stream_id or "\0" in stream_id:
        return None
    if type(version) is not int or not 1 <= version <= _MAX_VERSION:
        return None
    return stream_id, version


@lru_cache(maxsize=_MAX_CACHED_TYPES)
def _type(header: bytes | None) -> str:
    """The type without `vinculo.<service>.`; names of services have no dot."""
    name = _text(header)
    if not name:
        raise PoisonMessage("ce_type: missing")
    if not name.startswith("vinculo."):
        return name
    return name.split(".", 2)[-1]


def _uuid(text: str) -> UUID:
    """The UUID of a text. Pydantic reads the usual form in a fifth of the library's time.

    Raises:
        ValueError: it is not a UUID.

    """
    try:
        found: UUID = _UUID.validate_python(text)
    except ValidationError:
        return UUID(text)
    return found


def _event_id(headers: RawHeaders) -> UUID:
    name = _text(headers.get("ce_id"))
    if not name:
        raise PoisonMessage("ce_id: missing")
    try:
        return _uuid(name)
    except ValueError:
        # CloudEvents ids are any text that is unique within the source.
        return uuid5(NAMESPACE_URL, f"{_text(headers.get('ce_source')) or ''}|{name}")


@lru_cache(maxsize=_MAX_CACHED_TEXTS)
def _subject(header: bytes | None, key: bytes | None) -> UUID:
    """The subject's UUID. Cached, because records of one person often follow each other."""
    try:
        return _uuid(_text(header) or _text(key) or "")
    except ValueError:
        raise PoisonMessage("ce_subject: not a UUID") from None


def _store_epoch(headers: RawHeaders) -> int | None:
    """The epoch of the event store in which the event was appended; raised by each restore."""
    digits = headers.get("ce_storeepoch")
    if digits is None or not digits.isdigit() or len(digits) >= _MAX_VERSION_DIGITS:
        return None
    return int(digits)


def _time(headers: RawHeaders, timestamp_ms: int) -> datetime:
    text = _text(headers.get("ce_time"))
    try:
        if text is None:
            return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise PoisonMessage("ce_time: not a time") from None
    raise PoisonMessage("ce_time: has no zone")


def _meta(headers: RawHeaders) -> Meta:
    """Tracing data; unreadable values are left out, because nothing depends on them."""
    return Meta(
        correlation_id=_text(headers.get("ce_correlationid")),
        causation_id=_uuid_or_none(_text(headers.get("ce_causationid"))),
        traceparent=_text(headers.get("traceparent")) or _text(headers.get("ce_traceparent")),
    )


def _uuid_or_none(text: str | None) -> UUID | None:
    try:
        return None if text is None else _uuid(text)
    except ValueError:
        return None


def _checked_value(value: bytes | None) -> bytes:
    """The value, if it is a JSON object without NUL characters."""
    if value is None:
        raise PoisonMessage("value: missing")
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise PoisonMessage("value: not JSON") from None
    if not isinstance(parsed, dict):
        raise PoisonMessage("value: not a JSON object")
    if b"\\u0000" in value:
        raise PoisonMessage("value: contains a NUL character")
    return value


def _payload(source: TopicSource, type_: str, value: bytes) -> Any:  # noqa: ANN401 - the reader's model
    try:
        return source.parse(type_, value)
    except PoisonMessage:
        raise
    except Exception as error:  # noqa: BLE001 - a retry would raise the same
        raise PoisonMessage(f"value: {safe_reason(error)}") from None
