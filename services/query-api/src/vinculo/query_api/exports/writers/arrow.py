"""People as Arrow columns, read from MongoDB's response without Python objects in between.

PyMongoArrow reads whole queries only, and only through a synchronous collection. Its internal
context also reads a single batch, whichever driver fetched it; only this module uses it.
"""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
from pymongoarrow.context import PyMongoArrowContext  # type: ignore[import-untyped]
from pymongoarrow.schema import Schema  # type: ignore[import-untyped]
from pymongoarrow.types import BinaryType  # type: ignore[import-untyped]

from vinculo.query_api.lists.catalogue import PAYER, Column
from vinculo.query_api.person_document import schema

UUID_SUBTYPE: Final = 4
UUID_BYTES: Final = 16
ID: Final = BinaryType(UUID_SUBTYPE)
MOMENT: Final = pa.timestamp("ms")
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


def type_of(column: Column) -> pa.DataType:
    """The type of the column's field; text for a payer, whose name is joined."""
    return pa.string() if column.name == PAYER else TYPES.get(column.field, pa.string())


def path_of(column: Column) -> str:
    """The path of the column's field; for a payer, of its id."""
    return schema.PAYER_ID if column.name == PAYER else column.field


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


def field(batch: pa.RecordBatch, path: str) -> pa.Array:
    outer, _, inner = path.partition(".")
    found = batch.column(outer)
    return found.field(inner) if inner else found


def id_bytes(ids: pa.Array) -> pa.Array:
    """The ids as 16 bytes each; null stays null."""
    return ids.storage.cast(pa.binary(UUID_BYTES))
