"""A corpus of records that consumers must survive: bad headers, keys, values and envelopes.

Each is made from a valid record, has a stream of its own, and says who must refuse it.
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

import orjson

GIANT_BYTES: Final = 900_000
"""Below Kafka's default limit of a record."""
DEEP: Final = 100_000


class RefusedBy(StrEnum):
    """Which consumers of the topic must dead-letter the record."""

    EVERYONE = "everyone"
    """Also those for which the type has no effect: they read the headers."""
    READERS_OF_THE_VALUE = "readers of the value"
    STRICT_READERS = "strict readers"
    """Those that require all headers and the key, as the registry does of credit systems."""
    NO_ONE = "no one"
    """It is odd, but says what it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonRecord:
    name: str
    refused_by: RefusedBy
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None
    stream_id: str = ""


Change: TypeAlias = Callable[[PoisonRecord], PoisonRecord]


def poison_records(headers: Mapping[str, str], value: Mapping[str, Any]) -> list[PoisonRecord]:
    """The corpus for one topic, from headers and value of a valid event of it.

    The stream version is 1. Records of topics without streams have no stream id.
    """
    corpus = {**_CORPUS, **_STREAMS} if "ce_streamid" in headers else _CORPUS
    found = []
    for name, (refused_by, change) in corpus.items():
        valid = _valid(name, refused_by, headers, value)
        found.append(replace(change(valid), name=name))
    return found


def _valid(
    name: str, refused_by: RefusedBy, headers: Mapping[str, str], value: Mapping[str, Any]
) -> PoisonRecord:
    subject = uuid4()
    own = {"ce_id": str(uuid4()), "ce_subject": str(subject)}
    stream_id = ""
    if "ce_streamid" in headers:
        stream_id = f"{headers['ce_streamid'][:-37]}-{subject}"
        own |= {"ce_streamid": stream_id, "ce_streamversion": "1"}
    return PoisonRecord(
        name=name,
        refused_by=refused_by,
        key=str(subject).encode(),
        headers=tuple((n, text.encode()) for n, text in {**headers, **own}.items()),
        value=orjson.dumps(value),
        stream_id=stream_id,
    )


def _header(name: str, content: bytes | None) -> Change:
    def change(record: PoisonRecord) -> PoisonRecord:
        changed = tuple((n, content if n == name else v) for n, v in record.headers)
        return replace(record, headers=changed)

    return change


def _without(name: str) -> Change:
    def change(record: PoisonRecord) -> PoisonRecord:
        return replace(record, headers=tuple(each for each in record.headers if each[0] != name))

    return change


def _more(*headers: tuple[str, bytes | None]) -> Change:
    return lambda record: replace(record, headers=(*record.headers, *headers))


def _type(change_type: Callable[[str], str]) -> Change:
    def change(record: PoisonRecord) -> PoisonRecord:
        known = dict(record.headers)["ce_type"] or b""
        return _header("ce_type", change_type(known.decode()).encode())(record)

    return change


def _key(content: bytes | None) -> Change:
    return lambda record: replace(record, key=content)


def _value(content: bytes | None) -> Change:
    return lambda record: replace(record, value=content)


def _fields(change_field: Callable[[Any], Any]) -> Change:
    """Change every field of the value."""

    def change(record: PoisonRecord) -> PoisonRecord:
        fields = orjson.loads(record.value or b"{}")
        changed = {name: change_field(content) for name, content in fields.items()}
        return replace(record, value=orjson.dumps(changed))

    return change


def _bytes(change_bytes: Callable[[bytes], bytes]) -> Change:
    return lambda record: replace(record, value=change_bytes(record.value or b""))


def _with_field(content: bytes) -> Change:
    """Add a field to the value; `content` is JSON text."""
    return _bytes(lambda value: value[:-1] + b',"added":' + content + b"}")


def _personal(envelope: Any) -> Change:  # noqa: ANN401 - any JSON
    """Replace the envelope; without one in the event, the field is only an unknown one."""

    def change(record: PoisonRecord) -> PoisonRecord:
        fields = orjson.loads(record.value or b"{}")
        return replace(record, value=orjson.dumps({**fields, "personal": envelope}))

    return change


def _no_subject(content: bytes | None) -> Change:
    """Neither header nor key names the subject."""

    def change(record: PoisonRecord) -> PoisonRecord:
        return replace(_header("ce_subject", content)(record), key=b"52123456")

    return change


_A: Final = RefusedBy.EVERYONE
_V: Final = RefusedBy.READERS_OF_THE_VALUE
_S: Final = RefusedBy.STRICT_READERS
_N: Final = RefusedBy.NO_ONE
_OTHER: Final = UUID("0193f5a0-dead-7000-8000-000000000001")

_CORPUS: Final[Mapping[str, tuple[RefusedBy, Change]]] = {
    # Headers
    "no headers": (_A, lambda record: replace(record, headers=())),
    "null headers": (
        _A,
        lambda record: replace(record, headers=tuple((n, None) for n, _ in record.headers)),
    ),
    "undecodable headers": (
        _A,
        lambda record: replace(record, headers=tuple((n, b"\xff\xfe") for n, _ in record.headers)),
    ),
    "type missing": (_A, _without("ce_type")),
    "type null": (_A, _header("ce_type", None)),
    "type empty": (_A, _header("ce_type", b"")),
    "type undecodable": (_A, _header("ce_type", b"\xc3\x28")),
    "type unknown": (_A, _type(lambda known: f"{known.rpartition('.')[0]}-teleported.v1")),
    "type of a later version": (_A, _type(lambda known: f"{known.rpartition('.')[0]}.v99")),
    "type of dots": (_A, _header("ce_type", b"vinculo....")),
    "type without name": (_A, _header("ce_type", b"vinculo.credit.")),
    "type of 10,000 letters": (_A, _header("ce_type", b"x" * 10_000)),
    "id missing": (_A, _without("ce_id")),
    "id empty": (_A, _header("ce_id", b"")),
    "id null": (_A, _header("ce_id", None)),
    "id undecodable": (_A, _header("ce_id", b"\xff")),
    "specversion missing": (_S, _without("ce_specversion")),
    "specversion of 2018": (_S, _header("ce_specversion", b"0.3")),
    "source missing": (_S, _without("ce_source")),
    "source with spaces": (_S, _header("ce_source", b"/core bank")),
    "time missing": (_S, _without("ce_time")),
    "time without zone": (_V, _header("ce_time", b"2026-01-01T10:00:00")),
    "time of words": (_V, _header("ce_time", b"yesterday")),
    "time before the calendar": (_V, _header("ce_time", b"0001-01-01T00:00:00+14:00")),
    "no subject": (_V, _no_subject(b"52123456")),
    "subject null and no key": (
        _V,
        lambda record: replace(_header("ce_subject", None)(record), key=None),
    ),
    "header twice": (_S, _more(("ce_id", b"another"))),
    "unreadable trace": (_N, _more(("traceparent", b"\xff"), ("ce_causationid", b"none"))),
    "unreadable epoch": (_N, _more(("ce_storeepoch", b"9" * 400))),
    "a hundred more headers": (_N, _more(*((f"x-{n}", b"y") for n in range(100)))),
    "a header of 100 kB": (_N, _more(("x-giant", b"y" * 100_000))),
    # Keys
    "key null": (_S, _key(None)),
    "key empty": (_S, _key(b"")),
    "key undecodable": (_S, _key(b"\xff\xfe")),
    "key of another": (_S, _key(str(_OTHER).encode())),
    # Values
    "tombstone": (_V, _value(None)),
    "value empty": (_V, _value(b"")),
    "value of a null byte": (_V, _value(b"\x00")),
    "value of null bytes": (_V, _value(b"\x00" * 10_000)),
    "value never closed": (_V, _value(b'{"never": "closed')),
    "value of words": (_V, _value(b"rubbish")),
    "value an array": (_V, _value(b"[1]")),
    "value a text": (_V, _value(b'"text"')),
    "value a number": (_V, _value(b"7")),
    "value null": (_V, _value(b"null")),
    "value true": (_V, _value(b"true")),
    "value an empty object": (_V, _value(b"{}")),
    "value undecodable": (_V, _value(b'{"a":"\xff\xfe"}')),
    "value in UTF-16": (_V, _bytes(lambda value: value.decode().encode("utf-16"))),
    "value with a byte order mark": (_V, _bytes(lambda value: b"\xef\xbb\xbf" + value)),
    "value compressed": (_V, _bytes(lambda value: gzip.compress(value, mtime=0))),
    "value in XML": (_V, _value(b"<?xml version='1.0'?><event/>")),
    "value twice": (_V, _bytes(lambda value: value + value)),
    "value cut": (_V, _bytes(lambda value: value[:-1])),
    "value with a number that is none": (_V, _with_field(b"NaN")),
    "value with a lone surrogate": (_V, _with_field(b'"\\ud800"')),
    "value with an escaped null": (_V, _with_field(b'"a\\u0000b"')),
    "value nested too deep": (_V, _with_field(b"[" * DEEP + b"]" * DEEP)),
    "value nested and never closed": (_V, _value(b'{"a":' * DEEP)),
    "value of a giant text": (_V, _value(b'"' + b"x" * GIANT_BYTES + b'"')),
    "value of a giant array": (_V, _value(b"[" + b"0," * (GIANT_BYTES // 2) + b"0]")),
    "giant bytes": (_V, _value(b"\xff" * GIANT_BYTES)),
    "fields null": (_V, _fields(lambda _: None)),
    "fields objects": (_V, _fields(lambda _: {"a": {}})),
    "fields arrays of arrays": (_V, _fields(lambda _: [[[]]])),
    "fields true": (_V, _fields(lambda _: True)),
    "fields giant texts": (_V, _fields(lambda _: "\u00f1" * 20_000)),
    "fields negative": (_V, _fields(lambda _: -1)),
    "fields fractions": (_V, _fields(lambda _: 0.5)),
    "fields beyond 64 bits": (_V, _value(b'{"loan_version":' + b"9" * 400 + b"}")),
    "fields in capitals": (
        _V,
        _bytes(lambda v: orjson.dumps({name.upper(): c for name, c in orjson.loads(v).items()})),
    ),
    "an unknown field": (_N, _with_field(b'{"a": [1, 2]}')),
    "an unknown field of 900 kB": (_N, _with_field(b'"' + b"x" * GIANT_BYTES + b'"')),
    # Envelopes: of events without a personal part the field is unknown, and ignored
    "envelope a text": (_N, _personal("sealed")),
    "envelope empty": (_N, _personal({})),
    "envelope of another version": (_N, _personal({"v": 99, "kid": "x", "n": "x", "ct": "x"})),
    "envelope without base64": (
        _N,
        _personal({"v": 1, "kid": str(_OTHER), "n": "ñ", "ct": "\u2028"}),
    ),
}

_STREAMS: Final[Mapping[str, tuple[RefusedBy, Change]]] = {
    "stream missing": (_A, _without("ce_streamid")),
    "stream empty": (_A, _header("ce_streamid", b"")),
    "stream undecodable": (_A, _header("ce_streamid", b"\xff")),
    "stream with a null byte": (_A, _header("ce_streamid", b"customer-\x00")),
    "stream without an id": (_N, _header("ce_streamid", b"customer-unknown")),
    "version missing": (_A, _without("ce_streamversion")),
    "version zero": (_A, _header("ce_streamversion", b"0")),
    "version negative": (_A, _header("ce_streamversion", b"-1")),
    "version of words": (_A, _header("ce_streamversion", b"first")),
    "version with a fraction": (_A, _header("ce_streamversion", b"1.5")),
    "version of other digits": (_A, _header("ce_streamversion", "\u0661".encode())),
    "version beyond 64 bits": (_A, _header("ce_streamversion", b"9" * 30)),
    "version of 5,000 digits": (_A, _header("ce_streamversion", b"9" * 5_000)),
    "version after a gap": (_A, _header("ce_streamversion", b"7")),
}
