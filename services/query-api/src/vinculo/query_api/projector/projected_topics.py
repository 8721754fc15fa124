"""The topics that are projected: how their records are decoded, and which document each feeds.

Values that MongoDB cannot store are found while decoding, so that the fault is known to be of this
record. Of each model only the fields that could hold such a value are checked: numbers and JSON.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from vinculo.contracts import event_types, parser
from vinculo.messaging import DecodedRecord, PoisonMessage, TopicSource, subject_of
from vinculo.query_api.person_document.sections import AnySource
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.query_api.projector.fold import DocumentId

MAX_INTEGER: Final = 2**63 - 1
MAX_DEPTH: Final = 32
UUID_LENGTH: Final = 36
MAX_CACHED_STREAMS: Final = 16_384
STORABLE_TYPES: Final = (str, bytes, bool, float, UUID, date, AwareDatetime, Enum, NoneType)
STORABLE_VALUE_TYPES: Final = frozenset({str, bytes, bool, float, UUID, NoneType})
"""The exact types of most values: they need no closer look."""


@dataclass(frozen=True, slots=True)
class ProjectedTopic:
    """A topic; `name` is without the deployment's prefix."""

    name: str
    source: AnySource
    decoding: TopicSource


class ProjectedTopics:
    """All topics; their full names begin with the deployment's prefix."""

    def __init__(self, prefix: str) -> None:
        self._topics: Mapping[str, ProjectedTopic] = {
            f"{prefix}{name}": ProjectedTopic(name, source, _decoding(f"{prefix}{name}", name))
            for name, source in EVENT_SOURCES.items()
        }

    def __getitem__(self, full_name: str) -> ProjectedTopic:
        return self._topics[full_name]

    def __contains__(self, full_name: str) -> bool:
        return full_name in self._topics

    @property
    def full_names(self) -> list[str]:
        """Sorted."""
        return sorted(self._topics)

    @property
    def sources(self) -> Sequence[TopicSource]:
        return [topic.decoding for topic in self._topics.values()]

    def document_of_stream(
        self, full_name: str, stream_id: str, subject: UUID | None
    ) -> DocumentId | None:
        """The document that a stream of the topic feeds; `subject` is that of its records."""
        source = self._topics[full_name].source
        document = subject if source.has_many_streams else stream_subject(stream_id)
        return None if document is None else DocumentId(source.kind, document)

    def document_of(self, record: DecodedRecord) -> DocumentId | None:
        """The document that the record feeds; None if that is not known.

        A stream's id ends in the UUID of its subject: `application-<person id>`. Only a person's
        credit streams have ids of their own.
        """
        if record.position is None:
            return None
        topic = record.record.topic
        has_many_streams = self._topics[topic].source.has_many_streams
        subject = subject_of(record.record) if has_many_streams else None
        return self.document_of_stream(topic, record.position[0], subject)


@lru_cache(maxsize=MAX_CACHED_STREAMS)
def stream_subject(stream_id: str) -> UUID | None:
    try:
        return UUID(stream_id[-UUID_LENGTH:])
    except ValueError:
        return None


@lru_cache(maxsize=MAX_CACHED_STREAMS)
def has_subject(stream_id: str) -> bool:
    return stream_subject(stream_id) is not None


def _decoding(full_name: str, name: str) -> TopicSource:
    return TopicSource(
        topic=full_name,
        parse=_storable(parser(name)),
        known_types=event_types(name),
        is_stream_id=has_subject,
    )


def _storable(parse: Callable[[str, bytes], Any]) -> Callable[[str, bytes], Any]:
    def parse_and_check(type_: str, value: bytes) -> Any:  # noqa: ANN401 - the topic's models
        event = parse(type_, value)
        check_storable(event)
        return event

    return parse_and_check


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
    if get_origin(annotation) is Annotated:
        return _is_storable_type(annotation.__origin__)
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
    elif (nested := _nested_values(value)) is not None:
        if depth > MAX_DEPTH:
            raise PoisonMessage("value: nested too deep")
        for each in nested:
            if type(each) not in STORABLE_VALUE_TYPES:
                _check(each, depth + 1)


def _nested_values(value: Any) -> Iterable[Any] | None:  # noqa: ANN401 - as above
    """None for a value without parts. Whether it is a model takes the longest to find out."""
    if isinstance(value, dict):
        if any("\0" in name for name in value):
            raise PoisonMessage("value: a name with a null character")
        return value.values()
    if isinstance(value, tuple | list):
        return value
    if isinstance(value, BaseModel):
        return [getattr(value, name) for name in _fields_to_check(type(value))]
    return None
