"""Decodes Kafka records and finds the document that each belongs to.

Values that MongoDB cannot store are found here, before folding, so that the fault is known to be of
this record. Of each model only the fields that could hold such a value are checked: numbers and
JSON.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, Final, get_args
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pydantic import BaseModel

from vinculo.contracts import parser
from vinculo.messaging import (
    ConsumedEvent,
    PoisonMessage,
    TopicSource,
    decode,
    headers_of,
    safe_reason,
    stream_position,
)
from vinculo.query_api.person_document.credit import snapshot_position
from vinculo.query_api.person_document.sections import AnySource
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.query_api.projector.fold import DocumentId, ReadableRecord, UnreadableRecord

MAX_INTEGER: Final = 2**63 - 1
MAX_DEPTH: Final = 32
UUID_LENGTH: Final = 36
STORABLE_TYPES: Final = (str, bytes, bool, float, UUID, date, Enum, NoneType)
STORABLE_VALUE_TYPES: Final = frozenset({str, bytes, bool, float, UUID, NoneType})
"""The exact types of most values: they need no closer look."""


def record_location(record: ConsumerRecord) -> str:
    """`topic/partition/offset`, by which a dead letter is named and discarded."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class RecordReader:
    """Reads records of all topics; the names of topics begin with the deployment's prefix."""

    def __init__(self, prefix: str, discarded: frozenset[str] = frozenset()) -> None:
        self._discarded = discarded
        self._topics: Mapping[str, tuple[str, AnySource, TopicSource]] = {
            f"{prefix}{topic}": (topic, source, _topic_source(f"{prefix}{topic}", topic, source))
            for topic, source in EVENT_SOURCES.items()
        }

    @property
    def topics(self) -> list[str]:
        """Full names, sorted."""
        return sorted(self._topics)

    def read(self, record: ConsumerRecord) -> ReadableRecord | UnreadableRecord:
        topic, source, topic_source = self._topics[record.topic]
        headers = headers_of(record)
        is_discarded = bool(self._discarded) and record_location(record) in self._discarded
        if not is_discarded:
            try:
                received = decode(record, topic_source, headers)
                check_storable(received.payload)
                document_id = _document_of(source, received, headers)
            except Exception as error:  # noqa: BLE001 - decoding is pure: the record is at fault
                reason = safe_reason(error)
            else:
                return ReadableRecord(
                    record=record,
                    received=received,
                    topic=topic,
                    source=source,
                    document_id=document_id,
                )
        else:
            reason = "discarded"
        stream = stream_position(headers) if source.gapless else None
        return UnreadableRecord(
            record=record,
            error=reason,
            source=source,
            document_id=None if stream is None else _document_of_stream_or_none(source, stream[0]),
            stream=stream,
            is_discarded=is_discarded,
        )


def _topic_source(name: str, topic: str, source: AnySource) -> TopicSource:
    return TopicSource(
        topic=name,
        parse=parser(topic),
        gapless=source.gapless,
        position=None if source.gapless else snapshot_position,
    )


def _document_of(
    source: AnySource, received: ConsumedEvent, headers: Mapping[str, str]
) -> DocumentId:
    if not source.gapless or received.stream_id.endswith(headers.get("ce_subject") or "?"):
        return DocumentId(source.kind, received.subject)
    return _document_of_stream(source, received.stream_id)


def _document_of_stream(source: AnySource, stream_id: str) -> DocumentId:
    """A stream's id ends in the UUID of its subject: `application-<person id>`."""
    try:
        return DocumentId(source.kind, UUID(stream_id[-UUID_LENGTH:]))
    except ValueError:
        raise PoisonMessage("ce_streamid: ends in no UUID") from None


def _document_of_stream_or_none(source: AnySource, stream_id: str) -> DocumentId | None:
    try:
        return _document_of_stream(source, stream_id)
    except PoisonMessage:
        return None


def check_storable(event: BaseModel | None) -> None:
    """Check that BSON can hold the event.

    Raises:
        PoisonMessage: a number needs more than 64 bits, or JSON is too deep or oddly named.

    """
    if event is not None:
        for name in _fields_to_check(type(event)):
            value = getattr(event, name)
            if type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER:
                continue
            if type(value) not in STORABLE_VALUE_TYPES:
                _check(value, 1)


@cache
def _fields_to_check(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(
        name
        for name, field in model.model_fields.items()
        if not _is_storable_type(field.annotation)
    )


def _is_storable_type(annotation: Any) -> bool:  # noqa: ANN401 - a type, or a form of typing's
    if arguments := [each for each in get_args(annotation) if each is not Ellipsis]:
        return all(_is_storable_type(each) for each in arguments)
    if not isinstance(annotation, type):
        return False
    if issubclass(annotation, BaseModel):
        return not _fields_to_check(annotation)
    return issubclass(annotation, STORABLE_TYPES)


def _check(value: Any, depth: int) -> None:  # noqa: ANN401 - any field of any event
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise PoisonMessage("value: a number beyond 64 bits")
    elif isinstance(value, BaseModel | dict | tuple | list):
        if depth > MAX_DEPTH:
            raise PoisonMessage("value: nested too deep")
        for each in _nested_values(value):
            if type(each) not in STORABLE_VALUE_TYPES:
                _check(each, depth + 1)


def _nested_values(
    value: BaseModel | dict[str, Any] | tuple[Any, ...] | list[Any],
) -> Iterable[Any]:
    if isinstance(value, BaseModel):
        return [getattr(value, name) for name in _fields_to_check(type(value))]
    if isinstance(value, dict):
        if any("\0" in name for name in value):
            raise PoisonMessage("value: a name with a null character")
        return value.values()
    return value
