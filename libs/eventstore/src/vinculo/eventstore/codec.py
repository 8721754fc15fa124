"""Converts domain events to stored events and rows, and back.

Stored events have type names that are independent of class names and must never change.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from vinculo.events.meta import Meta
from vinculo.events.personal import Erased, Sealed
from vinculo.eventstore.events import NO_META, EventTooLarge, NewEvent, StoredEvent, UnstorableEvent

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

MAX_EVENT_BYTES = 512 * 1024
PERSONAL = "personal"
PERSONAL_VERSION = "v"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class UnknownEventType(Exception):
    """There is no class and no upcaster for the type name."""


class UnreadableEvent(Exception):
    """A stored event does not fit the class of its type, so an upcaster is missing."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as JSON: its type name, plain facts, and personal part, not yet encrypted."""

    type: str
    data: dict[str, Any]
    personal: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """The columns of an event, with JSON as text."""

    event_id: UUID
    type: str
    data: str
    personal: str | None
    meta: str


@dataclass(frozen=True, slots=True)
class _Entry:
    cls: type[Any]
    adapter: TypeAdapter[Any]
    personal: TypeAdapter[Any] | None
    personal_upcasters: tuple[Upcaster, ...] = ()

    @property
    def personal_version(self) -> int:
        """The version of the personal part that is written."""
        return 1 + len(self.personal_upcasters)


class Codec:
    """The events of one kind of stream.

    `types` maps stored type names to event dataclasses, one to one. `upcasters` maps a type that is
    no longer written to the type that replaces it and a pure function that converts `data`.
    `personal_upcasters` maps the class of a personal part to pure functions that convert its
    fields, the first from version 1 to 2 and so on: a sealed part is converted when it is opened.
    """

    def __init__(
        self,
        types: Mapping[str, type[Any]],
        upcasters: Mapping[str, tuple[str, Upcaster]] | None = None,
        personal_upcasters: Mapping[type[Any], Sequence[Upcaster]] | None = None,
    ) -> None:
        lifts = personal_upcasters or {}
        self._entries = {name: _entry(cls, lifts) for name, cls in types.items()}
        self._names = {cls: name for name, cls in types.items()}
        self._upcasters = dict(upcasters or {})
        if len(self._names) != len(types):
            raise ValueError("a class has two type names")
        for name in self._upcasters:
            self._check_upcasters(name)

    @property
    def classes(self) -> frozenset[type]:
        """The classes of the events that can be stored."""
        return frozenset(self._names)

    @property
    def types(self) -> frozenset[str]:
        """Every type that can be read, including those with an upcaster."""
        return frozenset(self._entries) | frozenset(self._upcasters)

    @property
    def personal_versions(self) -> Mapping[str, int]:
        """The version of the personal part that is written, by type."""
        return {
            name: entry.personal_version
            for name, entry in self._entries.items()
            if entry.personal is not None
        }

    def encode(self, event: object) -> Encoded:
        """The event as JSON.

        Raises:
            UnknownEventType: the event's class has no type name.
            TypeError: the personal part is not plain.

        """
        name = self._names.get(type(event))
        if name is None:
            raise UnknownEventType(f"{type(event).__qualname__} has no stored type name")
        entry = self._entries[name]
        if entry.personal is None:
            return Encoded(name, entry.adapter.dump_python(event, mode="json"), None)
        data = entry.adapter.dump_python(event, mode="json", exclude={PERSONAL})
        return Encoded(name, data, _encode_personal(entry, getattr(event, PERSONAL)))

    def decode(self, stored: StoredEvent) -> Any:  # noqa: ANN401 - any event class
        """The domain event, with its personal part as `Sealed`.

        Raises:
            UnknownEventType: the type has no class and no upcaster.
            UnreadableEvent: the data does not fit the class.

        """
        name, data = self._upcast(stored.type, stored.data)
        entry = self._entries[name]
        if entry.personal is not None:
            data = data | {PERSONAL: _sealed(stored)}
        try:
            return entry.adapter.validate_python(data)
        except ValidationError as error:
            raise UnreadableEvent(
                f"{stored.stream_id} version {stored.version}: {stored.type} is not readable: "
                + _summary(error)
            ) from None

    def with_personal(self, event: Any, personal: Mapping[str, Any] | Erased) -> Any:  # noqa: ANN401 - any event class
        """The same event with its decrypted personal part, or `Erased`.

        Raises:
            UnreadableEvent: the event has no personal part, or this one does not fit its class.

        """
        if isinstance(personal, Erased):
            return replace(event, personal=personal)
        entry = self._entries[self._names[type(event)]]
        if entry.personal is None:
            raise UnreadableEvent(f"{type(event).__qualname__} has no personal part")
        try:
            opened = entry.personal.validate_python(_upcast_personal(entry, dict(personal)))
        except (ValidationError, KeyError, TypeError, ValueError) as error:
            kind = type(event).__qualname__
            raise UnreadableEvent(
                f"the personal part of {kind} is not readable: {_summary(error)}"
            ) from None
        return replace(event, personal=opened)

    def _upcast(self, name: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        while name in self._upcasters:
            name, upcast = self._upcasters[name]
            data = upcast(dict(data))
        if name not in self._entries:
            raise UnknownEventType(f"stored type {name} is unknown")
        return name, data

    def _check_upcasters(self, name: str) -> None:
        """Raise ValueError unless the upcasters from this type end at a type with a class."""
        seen: list[str] = []
        while name in self._upcasters:
            if name in seen:
                raise ValueError(f"upcasters form a circle: {' -> '.join([*seen, name])}")
            seen.append(name)
            name = self._upcasters[name][0]
        if name not in self._entries:
            raise ValueError(f"an upcaster leads to {name}, which has no class")


def _entry(cls: type[Any], lifts: Mapping[type[Any], Sequence[Upcaster]]) -> _Entry:
    if not is_dataclass(cls):
        raise TypeError(f"{cls.__qualname__} is not a dataclass")
    if PERSONAL not in {field.name for field in fields(cls)}:
        return _Entry(cls, TypeAdapter(cls), None)
    hint = get_type_hints(cls)[PERSONAL]
    types = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    plain_types = [type_ for type_ in types if type_ not in {Sealed, Erased, NoneType}]
    if len(plain_types) != 1:
        raise TypeError(f"{cls.__qualname__}.personal needs exactly one plain dataclass")
    plain = plain_types[0]
    return _Entry(cls, TypeAdapter(cls), TypeAdapter(plain), tuple(lifts.get(plain, ())))


def _encode_personal(entry: _Entry, personal: object) -> dict[str, Any] | None:
    if personal is None or entry.personal is None:
        return None
    if isinstance(personal, Sealed | Erased):
        raise TypeError("the personal part of a new event must be plain: envelopes fit one event")
    fields: dict[str, Any] = entry.personal.dump_python(personal, mode="json")
    return {PERSONAL_VERSION: entry.personal_version, **fields}


def _upcast_personal(entry: _Entry, personal: dict[str, Any]) -> dict[str, Any]:
    version = personal.pop(PERSONAL_VERSION, 1)
    if version not in range(1, entry.personal_version + 1):
        raise ValueError(version)
    for upcast in entry.personal_upcasters[version - 1 :]:
        personal = upcast(personal)
    return personal


def _summary(error: Exception) -> str:
    """What is wrong, without values, which may be personal."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    return ", ".join(f"{_path(each['loc'])} {each['type']}" for each in error.errors())


def _sealed(stored: StoredEvent) -> Sealed | None:
    if stored.personal is None:
        return None
    return Sealed(stored.event_id, stored.subject, stored.personal)


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location)


def to_row(event: NewEvent) -> EventRow:
    """The columns of the event.

    Raises:
        EventTooLarge: Kafka would refuse the record, and the relay would be blocked.
        UnstorableEvent: PostgreSQL cannot store the event.

    """
    data = _json(event.type, event.data)
    personal = None if event.personal is None else _json(event.type, event.personal)
    meta = b"{}" if event.meta == NO_META else _json(event.type, meta_to_json(event.meta))
    size = len(data) + len(personal or b"") + len(meta)
    if size > MAX_EVENT_BYTES:
        raise EventTooLarge(event.type, size, MAX_EVENT_BYTES)
    return EventRow(
        event_id=event.event_id,
        type=event.type,
        data=data.decode(),
        personal=None if personal is None else personal.decode(),
        meta=meta.decode(),
    )


def meta_to_json(meta: Meta) -> dict[str, str]:
    fields = {
        "correlation_id": meta.correlation_id,
        "causation_id": None if meta.causation_id is None else str(meta.causation_id),
        "traceparent": meta.traceparent,
        "actor": meta.actor,
    }
    return {name: value for name, value in fields.items() if value is not None}


def meta_from_json(fields: Mapping[str, Any]) -> Meta:
    causation_id = fields.get("causation_id")
    return Meta(
        correlation_id=fields.get("correlation_id"),
        causation_id=None if causation_id is None else UUID(causation_id),
        traceparent=fields.get("traceparent"),
        actor=fields.get("actor"),
    )


def _json(type_: str, value: dict[str, Any]) -> bytes:
    try:
        encoded = orjson.dumps(value)
    except TypeError as error:
        raise UnstorableEvent(f"{type_} cannot be written as JSON: {error}") from error
    if b"\\u0000" in encoded and _NUL.search(encoded):
        raise UnstorableEvent(f"{type_} contains a NUL character")
    return encoded
