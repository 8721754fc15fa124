"""The rows of a list's file: read from MongoDB as Arrow columns, and prepared for people.

A batch never becomes Python objects row by row. PyMongoArrow reads whole queries only, and only
through a synchronous collection. Its internal context also reads a single batch, whichever driver
fetched it; only this module uses it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pymongoarrow.context import PyMongoArrowContext  # type: ignore[import-untyped]
from pymongoarrow.schema import Schema  # type: ignore[import-untyped]
from pymongoarrow.types import BinaryType  # type: ignore[import-untyped]

from vinculo.query_api.lists.catalogue import PAYER, Column
from vinculo.query_api.person_document import schema
from vinculo.query_api.person_document.schema import NO_ID, NO_INSTANT
from vinculo.query_api.texts import TextContext, labels
from vinculo.tabular import Column as FileColumn
from vinculo.tabular import Kind
from vinculo.translation import Language

UUID_SUBTYPE: Final = 4
UUID_BYTES: Final = 16
ID: Final = BinaryType(UUID_SUBTYPE)
MOMENT: Final = pa.timestamp("ms")
"""As PyMongoArrow reads a date of BSON: in UTC, but without a zone."""
INSTANT: Final = pa.timestamp("ms", "UTC")
TYPES: Final = {
    "_id": ID,
    schema.CUSTOMER_ID: ID,
    schema.PAYER_ID: ID,
    schema.CREATED: MOMENT,
    schema.MODIFIED: MOMENT,
    schema.REGISTERED_AT: MOMENT,
    schema.PERSONAL_DATA_ACCEPTANCE: MOMENT,
    schema.COMMERCIAL_APPROVAL: MOMENT,
    schema.ACTIVE_LOANS: pa.int64(),
    schema.REGISTRATION_NUMBER: pa.int64(),
}
"""The types of fields that are not text."""
KINDS: Final = {MOMENT: Kind.TIMESTAMP, pa.int64(): Kind.INTEGER}
IDENTIFIERS: Final = frozenset({"phone", "national_id", "identification"})

CODE_COLUMNS: Final[Mapping[str, TextContext]] = {
    "status": TextContext.STATUS,
    "kind": TextContext.KIND,
}
HEX: Final = np.frombuffer(bytes(range(256)).hex().encode(), np.uint8).reshape(256, 2)
UUID_LETTERS: Final = 36
UUID_FIRST_LINE: Final = 19
HYPHENS: Final = (8, 13, 18, 23)
DIGITS: Final = [index for index in range(UUID_LETTERS) if index not in HYPHENS]
TIME_WIDTHS: Final = (20, 11.5)
WIDTHS: Final[Mapping[str, tuple[float, float]]] = {
    "number": (8, 8),
    "name": (34, 26),
    "person_id": (38, 19.5),
    "customer_id": (38, 19.5),
    "phone": (18, 14.5),
    "email": (36, 30),
    "document_type": (9, 11),
    "national_id": (16, 11.5),
    "identification": (16, 13.5),
    "status": (16, 12),
    "kind": (12, 10.5),
    "active_loans": (10, 8.5),
    "payer": (30, 24),
    "modified": (20, 13.5),
}
"""Characters in a sheet and in a printed line, where ids and times take two lines."""


def file_columns(columns: Sequence[Column], language: Language) -> list[FileColumn]:
    """The columns of the file that shows these columns of a list."""
    return [_file_column(column, language) for column in columns]


def schema_of(columns: Sequence[Column]) -> Schema:
    """The schema of documents that are projected to these columns and the id."""
    types: dict[str, Any] = {"_id": ID}
    nested: dict[str, list[tuple[str, Any]]] = {}
    for path in dict.fromkeys(map(path_of, columns)):
        outer, _, inner = path.partition(".")
        if inner:
            nested.setdefault(outer, []).append((inner, TYPES.get(path, pa.string())))
        else:
            types[path] = TYPES.get(path, pa.string())
    return Schema({**types, **{name: pa.struct(fields) for name, fields in nested.items()}})


def read_batch(batch: bytes, batch_schema: Schema) -> pa.RecordBatch:
    """The columns of concatenated BSON documents; missing fields are null."""
    context = PyMongoArrowContext(batch_schema)
    context.process_bson_stream(batch)
    return context.finish().combine_chunks().to_batches()[0]


def file_rows(
    people: pa.RecordBatch,
    columns: Sequence[Column],
    language: Language,
    payers: Mapping[UUID, str],
) -> pa.RecordBatch:
    """The columns by name, of the types of their kinds; null for an empty cell."""
    return pa.RecordBatch.from_arrays(
        [_cells(people, column, language, payers) for column in columns],
        names=[column.name for column in columns],
    )


def path_of(column: Column) -> str:
    """The path of the column's field; for a payer, of its id."""
    return schema.PAYER_ID if column.name == PAYER else column.field


def id_bytes(ids: pa.Array) -> pa.Array:
    """The ids as 16 bytes each; null stays null."""
    return ids.storage.cast(pa.binary(UUID_BYTES))


def contiguous_bytes(ids: pa.Array) -> bytes:
    """All ids one after another, 16 bytes each."""
    return bytes(_values(ids, UUID_BYTES))


def uuid_text(ids: pa.Array) -> pa.Array:
    """Ids of 16 bytes as text; null for the placeholder of a missing id."""
    filled = pc.fill_null(ids, bytes(UUID_BYTES))
    digits = HEX[np.frombuffer(_values(filled, UUID_BYTES), np.uint8)].reshape(-1, 2 * UUID_BYTES)
    letters = np.full((len(ids), UUID_LETTERS), ord("-"), np.uint8)
    letters[:, DIGITS] = digits
    ends = np.arange(len(ids) + 1, dtype=np.int32) * UUID_LETTERS
    texts = pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends), pa.py_buffer(letters))
    return pc.if_else(pc.equal(filled, NO_ID.bytes), pa.scalar(None, pa.string()), texts)


def _file_column(column: Column, language: Language) -> FileColumn:
    kind = _kind(column)
    width, printed_width = WIDTHS.get(column.name, TIME_WIDTHS)
    return FileColumn(
        name=column.name,
        title=column.label(language),
        kind=kind,
        width=width,
        printed_width=printed_width,
        break_after=UUID_FIRST_LINE if _is_id(column) else None,
    )


def _kind(column: Column) -> Kind:
    if column.name in IDENTIFIERS or _is_id(column):
        return Kind.IDENTIFIER
    return KINDS.get(TYPES.get(column.field), Kind.TEXT)


def _is_id(column: Column) -> bool:
    return bool(TYPES.get(column.field) == ID)


def _cells(
    people: pa.RecordBatch, column: Column, language: Language, payers: Mapping[UUID, str]
) -> pa.Array:
    found = _field(people, path_of(column))
    if column.name == PAYER:
        return _payer_name(id_bytes(found), payers)
    if column.name in CODE_COLUMNS:
        return _translated(found, labels(CODE_COLUMNS[column.name], language))
    if found.type == ID:
        return uuid_text(id_bytes(found))
    if found.type == MOMENT:
        return _known_moments(found)
    return found


def _field(batch: pa.RecordBatch, path: str) -> pa.Array:
    outer, _, inner = path.partition(".")
    found = batch.column(outer)
    return found.field(inner) if inner else found


def _known_moments(moments: pa.Array) -> pa.Array:
    """Moments in UTC; null for the placeholder of a missing one."""
    instants = moments.cast(INSTANT)
    missing = pc.equal(instants, pa.scalar(NO_INSTANT, INSTANT))
    return pc.if_else(missing, pa.scalar(None, INSTANT), instants)


def _payer_name(ids: pa.Array, payers: Mapping[UUID, str]) -> pa.Array:
    known = pa.array([each.bytes for each in payers], pa.binary(UUID_BYTES))
    return pa.array(payers.values(), pa.string()).take(pc.index_in(ids, known))


def _translated(codes: pa.Array, by_code: Mapping[str, str]) -> pa.Array:
    """A code without a label stays as it is."""
    texts = pa.array(by_code.values(), pa.string())
    return pc.coalesce(texts.take(pc.index_in(codes, pa.array(by_code, pa.string()))), codes)


def _values(array: pa.Array, size: int) -> Any:  # noqa: ANN401 - a buffer
    """The bytes of an array of fixed-size values."""
    start = array.offset * size
    return memoryview(array.buffers()[1])[start : start + len(array) * size]
