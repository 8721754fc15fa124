"""The indexes of people and their timelines.

Each sortable column has one index with the prefix kind, status and loans flag; queries name all
values of these three with `$in`, and MongoDB merges a few short ordered scans.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from vinculo.query_api.person_document.schema import (
    ACTIVE_LOANS,
    BLOCKED_BY,
    COMMERCIAL_APPROVAL,
    CONCERNS,
    CREATED,
    CUSTOMER_ID,
    DOCUMENT_NUMBER,
    DOCUMENT_TYPE,
    EMAIL_KEY,
    ERASED_AT,
    HAS_LOANS,
    KIND,
    MODIFIED,
    NAME_KEY,
    PAYER_ID,
    PERSONAL_DATA_ACCEPTANCE,
    PHONE,
    REGISTERED_AT,
    REGISTRATION_NUMBER,
    STATUS,
    TOKENS,
)

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
    IndexModel(
        [(field, ASCENDING) for field in (CONCERNS, KIND, STATUS, HAS_LOANS, CREATED, "_id")],
        name=index_name(CONCERNS),
        partialFilterExpression={CONCERNS: {"$gt": ""}},
    ),
)

EVENTS_INDEXES: Final = (
    IndexModel(
        [("person_id", ASCENDING), ("time", ASCENDING), ("_id", ASCENDING)], name="by_person"
    ),
)
