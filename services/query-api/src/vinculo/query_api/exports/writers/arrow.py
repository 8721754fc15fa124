"""People as columns: what MongoDB answers goes into Arrow without becoming Python objects.

PyMongoArrow reads whole queries only, through a synchronous collection. The context that it uses
inside reads one batch as well, whoever fetched it; this module alone knows it.
"""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
from pymongoarrow.context import PyMongoArrowContext  # type: ignore[import-untyped]
from pymongoarrow.schema import Schema  # type: ignore[import-untyped]
from pymongoarrow.types import BinaryType  # type: ignore[import-untyped]

from vinculo.query_api.lists.catalogue import PAYER, Column
from vinculo.query_api.person_document import schema as people

UUID_SUBTYPE: Final = 4
UUID_BYTES: Final = 16
ID: Final = BinaryType(UUID_SUBTYPE)
MOMENT: Final = pa.timestamp("ms")
TYPES: Final = {
    "_id": ID,
    people.CUSTOMER_ID: ID,
    people.PAYER_ID: ID,
    people.CREATED: MOMENT,
    people.MODIFIED: MOMENT,
    people.REGISTERED_AT: MOMENT,
    people.PERSONAL_DATA_ACCEPTANCE: MOMENT,
    people.COMMERCIAL_APPROVAL: MOMENT,
    people.ACTIVE_LOANS: pa.int64(),
    people.REGISTRATION_NUMBER: pa.int64(),
}
"""Of the fields that are not text."""


def type_of(column: Column) -> pa.DataType:
    """Of what a document has; a payer's is text, as names are joined."""
    return pa.string() if column.name == PAYER else TYPES.get(column.field, pa.string())


def path_of(column: Column) -> str:
    """Where a document has what the column shows; a payer's name is joined by its id."""
    return people.PAYER_ID if column.name == PAYER else column.field


def schema_of(columns: Sequence[Column]) -> Schema:
    """For documents read with just these columns and the id."""
    types: dict[str, Any] = {"_id": ID}
    within: dict[str, list[tuple[str, Any]]] = {}
    for path in dict.fromkeys(map(path_of, columns)):
        outer, _, inner = path.partition(".")
        if inner:
            within.setdefault(outer, []).append((inner, TYPES.get(path, pa.string())))
        else:
            types[path] = TYPES.get(path, pa.string())
    return Schema({**types, **{name: pa.struct(fields) for name, fields in within.items()}})


def read_batch(batch: bytes, schema: Schema) -> pa.RecordBatch:
    """Documents as the server sends them, one after another. What is missing is null."""
    context = PyMongoArrowContext(schema)
    context.process_bson_stream(batch)
    return context.finish().combine_chunks().to_batches()[0]


def field(batch: pa.RecordBatch, path: str) -> pa.Array:
    outer, _, inner = path.partition(".")
    found = batch.column(outer)
    return found.field(inner) if inner else found


def id_bytes(ids: pa.Array) -> pa.Array:
    """Ids as sixteen bytes each; null stays null."""
    return ids.storage.cast(pa.binary(UUID_BYTES))
