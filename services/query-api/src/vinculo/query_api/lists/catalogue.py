"""What each list shows, sorts by and searches in.

Clients name columns and lists; only names of this catalogue ever become field names of a query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from pydantic import Field

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.cursors import SortValue
from vinculo.query_api.filter_errors import FieldRefusal, FieldRefusalCode, FilterInvalid
from vinculo.query_api.person_document import search_tokens
from vinculo.query_api.person_document.schema import NO_ID, NO_INSTANT, PAYER_ID, Person, value_at
from vinculo.query_api.texts import TextContext, text
from vinculo.translation import Language

PAYER: Final = "payer"
"""The column that shows the payer's name, joined by its id."""

Cell: TypeAlias = SortValue | None
MAX_COLUMNS: Final = 40
ColumnNames = Annotated[
    tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=MAX_COLUMNS)
]
"""Columns that a client has chosen, in the order shown; none for all."""


class ListName(StrEnum):
    PRE_CUSTOMERS = "pre-customers"
    CUSTOMERS = "customers"
    REGISTRATIONS = "registrations"


class SearchField(StrEnum):
    """What a search word is matched with; the values are the prefixes of the stored tokens."""

    NAME = search_tokens.NAME_PREFIX
    PHONE = search_tokens.PHONE_PREFIX
    EMAIL = search_tokens.EMAIL_PREFIX
    DOCUMENT = search_tokens.DOCUMENT_PREFIX
    IDENTIFIER = "id"


class ColumnGroup(StrEnum):
    """Columns that are permitted together in exports, by role of the requester."""

    RECORD = "record"
    IDENTITY = "identity"
    CONTACT = "contact"
    FINANCE = "finance"


class ColumnType(StrEnum):
    """What the cells of a column are, for clients that format them."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    NUMBER = "number"
    INSTANT = "instant"
    STATUS = "status"
    KIND = "kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`field` is the document's path that is shown, `sort_field` the indexed one.

    `label_key` is for a label that differs from that of columns of the same name in other lists.
    """

    name: str
    field: str
    sort_field: str | None = None
    group: ColumnGroup = ColumnGroup.RECORD
    label_key: str | None = None
    type: ColumnType = ColumnType.TEXT

    def label(self, language: Language) -> str:
        return text(TextContext.COLUMN, self.label_key or self.name, language)

    def value(self, person: Person) -> Cell:
        """The cell; None where the document has none, or only a placeholder."""
        found = value_at(person, self.field)
        return None if found in (NO_INSTANT, NO_ID) else found


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    name: ListName
    kinds: tuple[Kind, ...]
    statuses: tuple[Status, ...]
    created_field: str
    searches: frozenset[SearchField]
    columns: tuple[Column, ...]
    default_sort: str

    def title(self, language: Language) -> str:
        return text(TextContext.LIST, self.name, language)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """`name` is the column's name, after a hyphen when descending."""

    name: str
    field: str
    descending: bool

    def keys(self, *, backward: bool = False) -> list[tuple[str, int]]:
        """Pairs of field and direction; the id breaks ties in the same direction."""
        direction = -1 if self.descending != backward else 1
        if self.field == "_id":
            return [("_id", direction)]
        return [(self.field, direction), ("_id", direction)]


def sort_by(people_list: PeopleList, name: str | None) -> Sort:
    """The sort order of a name; the list's default for None.

    Raises:
        FilterInvalid: the list has no such sortable column.

    """
    name = name or people_list.default_sort
    column = people_list.column(name.removeprefix("-"))
    if column is None or column.sort_field is None:
        sortable = ", ".join(c.name for c in people_list.columns if c.sort_field is not None)
        raise FilterInvalid(FieldRefusal("sort", FieldRefusalCode.NOT_SORTABLE, sortable))
    return Sort(name=name, field=column.sort_field, descending=name.startswith("-"))


def chosen_columns(people_list: PeopleList, field: str, names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names, in their order; all of the list for none.

    Raises:
        FilterInvalid: the list has no such column, or one is named twice; `field` names them.

    """
    found = [people_list.column(name) for name in names]
    columns = tuple(column for column in found if column is not None)
    if len(set(names)) < len(names) or len(columns) < len(names):
        raise FilterInvalid(FieldRefusal(field, FieldRefusalCode.NOT_COLUMNS))
    return columns or people_list.columns


def projected_fields(columns: Sequence[Column], sort_field: str) -> dict[str, int]:
    """MongoDB's projection of what the columns show and a cursor needs."""
    paths = {PAYER_ID if column.name == PAYER else column.field for column in columns}
    return dict.fromkeys(sorted(paths | {"_id", sort_field}), 1)


def to_row(
    person: Person, columns: Sequence[Column], payers: Mapping[UUID, str]
) -> dict[str, Cell]:
    """The cells by column name; `payers` has the names by id."""
    return {
        column.name: payers.get(person.get(PAYER_ID, NO_ID))
        if column.name == PAYER
        else column.value(person)
        for column in columns
    }


def _column(
    name: str,
    field: str | None = None,
    sort_field: str | None = None,
    group: ColumnGroup = ColumnGroup.RECORD,
    label_key: str | None = None,
    *,
    cells: ColumnType = ColumnType.TEXT,
) -> Column:
    """A sortable column."""
    field = field or name
    return Column(
        name=name,
        field=field,
        sort_field=sort_field or field,
        group=group,
        label_key=label_key,
        type=cells,
    )


_IDENTITY: Final = ColumnGroup.IDENTITY
_CONTACT: Final = ColumnGroup.CONTACT
_FINANCE: Final = ColumnGroup.FINANCE
_IDENTIFIER: Final = ColumnType.IDENTIFIER
_INSTANT: Final = ColumnType.INSTANT
_NUMBER: Final = ColumnType.NUMBER

NAME: Final = _column("name", "personal.name", "personal.name_key", _IDENTITY)
PERSON_ID: Final = _column("person_id", "_id", cells=_IDENTIFIER)
CUSTOMER_ID: Final = _column("customer_id", cells=_IDENTIFIER)
PHONE: Final = _column("phone", "personal.phone", group=_CONTACT)
EMAIL: Final = _column("email", "personal.email", "personal.email_key", _CONTACT)
CREATED: Final = _column("created", cells=_INSTANT)
MODIFIED: Final = _column("modified", cells=_INSTANT)
DOCUMENT_TYPE: Final = _column("document_type", group=_IDENTITY)
STATUS: Final = _column("status", cells=ColumnType.STATUS)
ACTIVE_LOANS: Final = _column("active_loans", group=_FINANCE, cells=_NUMBER)

PRE_CUSTOMERS: Final = PeopleList(
    name=ListName.PRE_CUSTOMERS,
    kinds=(Kind.PRE_CUSTOMER,),
    statuses=(
        Status.PENDING_EMAIL_VERIFICATION,
        Status.PENDING,
        Status.DISABLED,
        Status.BLOCKED,
    ),
    created_field="created",
    searches=frozenset({SearchField.NAME, SearchField.PHONE}),
    columns=(NAME, PERSON_ID, PHONE, CREATED, MODIFIED, DOCUMENT_TYPE, EMAIL, STATUS),
    default_sort="-created",
)

CUSTOMERS: Final = PeopleList(
    name=ListName.CUSTOMERS,
    kinds=(Kind.CUSTOMER,),
    statuses=(Status.ENABLED, Status.DISABLED, Status.BLOCKED, Status.PENDING),
    created_field="created",
    searches=frozenset(
        {
            SearchField.NAME,
            SearchField.PHONE,
            SearchField.EMAIL,
            SearchField.DOCUMENT,
            SearchField.IDENTIFIER,
        }
    ),
    columns=(
        NAME,
        CUSTOMER_ID,
        STATUS,
        ACTIVE_LOANS,
        EMAIL,
        PHONE,
        _column("national_id", "personal.document_number", group=_IDENTITY),
        CREATED,
        MODIFIED,
        _column("personal_data_acceptance", cells=_INSTANT),
        _column("commercial_approval", cells=_INSTANT),
        PERSON_ID,
    ),
    default_sort="-created",
)

REGISTRATIONS: Final = PeopleList(
    name=ListName.REGISTRATIONS,
    kinds=(Kind.PRE_CUSTOMER, Kind.CUSTOMER),
    statuses=tuple(Status),
    created_field="registered_at",
    searches=frozenset({SearchField.NAME, SearchField.DOCUMENT}),
    columns=(
        _column("number", "registration_number", cells=_NUMBER),
        DOCUMENT_TYPE,
        _column("identification", "personal.document_number", group=_IDENTITY),
        _column("name", "personal.name", "personal.name_key", _IDENTITY, "registrations/name"),
        EMAIL,
        _column("phone", "personal.phone", group=_CONTACT, label_key="registrations/phone"),
        Column(name=PAYER, field=PAYER, group=_FINANCE),
        _column("registered_at", cells=_INSTANT),
        STATUS,
        _column("kind", cells=ColumnType.KIND),
        PERSON_ID,
    ),
    default_sort="-registered_at",
)

LISTS: Final[Mapping[ListName, PeopleList]] = {
    people_list.name: people_list for people_list in (PRE_CUSTOMERS, CUSTOMERS, REGISTRATIONS)
}
