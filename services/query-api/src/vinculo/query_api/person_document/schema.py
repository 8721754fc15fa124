"""Field names of a person's document that lists read, and the indexes that serve them.

Each sortable column has one index with the prefix kind, status and loans flag; queries name all
values of these three with `$in`, and MongoDB merges a few short ordered scans. No sort column is
ever null, because comparisons leave nulls out.
"""

import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote
from uuid import UUID

from pymongo import ASCENDING, IndexModel

KIND: Final = "kind"
STATUS: Final = "status"
HAS_LOANS: Final = "has_loans"
ACTIVE_LOANS: Final = "active_loans"
CREATED: Final = "created"
REGISTERED_AT: Final = "registered_at"
MODIFIED: Final = "modified"
PERSONAL_DATA_ACCEPTANCE: Final = "personal_data_acceptance"
COMMERCIAL_APPROVAL: Final = "commercial_approval"
PAYER_ID: Final = "payer_id"
REGISTRATION_NUMBER: Final = "registration_number"
CUSTOMER_ID: Final = "customer_id"
DOCUMENT_TYPE: Final = "document_type"
PROJECT: Final = "project"
BLOCKED_BY: Final = "blocked_by"
ERASED_AT: Final = "erased_at"

PERSONAL: Final = "personal"
NAME: Final = "personal.name"
NAME_KEY: Final = "personal.name_key"
EMAIL: Final = "personal.email"
EMAIL_KEY: Final = "personal.email_key"
PHONE: Final = "personal.phone"
DOCUMENT_NUMBER: Final = "personal.document_number"
TOKENS: Final = "personal.tokens"

NO_INSTANT: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands for a missing date in a sort column; shown as empty."""

NO_ID: Final = UUID(int=0)
"""Stands for a missing payer or customer id in a sort column; shown as empty."""

LIST_COLUMNS: Final = (
    KIND,
    STATUS,
    HAS_LOANS,
    ACTIVE_LOANS,
    CREATED,
    REGISTERED_AT,
    MODIFIED,
    PERSONAL_DATA_ACCEPTANCE,
    COMMERCIAL_APPROVAL,
    PAYER_ID,
    REGISTRATION_NUMBER,
    CUSTOMER_ID,
    DOCUMENT_TYPE,
    PROJECT,
    BLOCKED_BY,
)
"""Flat fields derived from the whole document; absent while the person is in no list."""

SORTABLE_FIELDS: Final = (
    CREATED,
    REGISTERED_AT,
    MODIFIED,
    NAME_KEY,
    EMAIL_KEY,
    PHONE,
    DOCUMENT_NUMBER,
    DOCUMENT_TYPE,
    ACTIVE_LOANS,
    REGISTRATION_NUMBER,
    PERSONAL_DATA_ACCEPTANCE,
    COMMERCIAL_APPROVAL,
    CUSTOMER_ID,
    PAYER_ID,
)
DATES: Final = (CREATED, REGISTERED_AT, MODIFIED)
TOKENS_INDEX: Final = "by_tokens"

_SAFE_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9_~/:@-]*")


def index_name(column: str) -> str:
    """The index to hint at for a sort by this column.

    Kind and status are the prefix of every index; people with the same values are sorted by id.
    """
    column = "_id" if column in {KIND, STATUS} else column
    return f"by_{column.removeprefix('personal.').strip('_')}"


def _sort_index(*columns: str) -> IndexModel:
    """With the dates at the end, a date filter is checked in the index without a fetch."""
    dates = [date for date in DATES if date not in columns]
    fields = (KIND, STATUS, HAS_LOANS, *columns, *dates)
    return IndexModel([(field, ASCENDING) for field in fields], name=index_name(columns[0]))


PEOPLE_INDEXES: Final = (
    *(_sort_index(column, "_id") for column in SORTABLE_FIELDS),
    _sort_index("_id"),
    IndexModel([(TOKENS, ASCENDING)], name=TOKENS_INDEX),
    IndexModel([(ERASED_AT, ASCENDING)], name=index_name(ERASED_AT), sparse=True),
    IndexModel(
        [(field, ASCENDING) for field in (BLOCKED_BY, KIND, STATUS, HAS_LOANS, CREATED, "_id")],
        name=index_name(BLOCKED_BY),
    ),
)

EVENTS_INDEXES: Final = (
    IndexModel(
        [("person_id", ASCENDING), ("time", ASCENDING), ("_id", ASCENDING)], name="by_person"
    ),
)


def field_name(text: str) -> str:
    """A field name from outside text: without dots, dollar signs and nulls, unique per text."""
    if _SAFE_FIELD_NAME.fullmatch(text):
        return text
    return quote(text, safe="/:@").replace(".", "%2E")
