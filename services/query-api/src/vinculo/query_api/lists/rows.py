"""A document as a list shows it: the catalogue's columns, payers by name."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from vinculo.query_api.lists.catalogue import Column

PAYER = "payer"


def shown_fields(columns: Sequence[Column], sort_field: str) -> dict[str, int]:
    """The projection that reads what the columns show and the cursor needs, and no more."""
    paths = {"payer_id" if column.name == PAYER else column.field for column in columns}
    return dict.fromkeys(sorted(paths | {"_id", sort_field}), 1)


def row(
    document: Mapping[str, Any], columns: Sequence[Column], payers: Mapping[UUID, str]
) -> dict[str, Any]:
    return {
        column.name: payers.get(document.get("payer_id"))  # type: ignore[arg-type]
        if column.name == PAYER
        else column.value(document)
        for column in columns
    }
