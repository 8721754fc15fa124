"""What each list shows, sorts by and searches in. Nothing a client sends becomes a field's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.httpapi import Problem
from vinculo.query_api.filter_errors import field_refusal
from vinculo.query_api.person_document import search_tokens
from vinculo.query_api.person_document.schema import NO_ID, NO_INSTANT
from vinculo.query_api.words.words import Words
from vinculo.translation import DEFAULT_LANGUAGE, Language


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
    """What a column tells of a person; who exports gets the groups that their roles have."""

    RECORD = "record"
    IDENTITY = "identity"
    CONTACT = "contact"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `field` is the document's path shown, `sort_field` the indexed one."""

    name: str
    field: str
    label_en: str
    label_es: str
    sort_field: str | None = None
    group: ColumnGroup = ColumnGroup.RECORD

    def label(self, language: Language) -> str:
        return self.label_en if language == "en" else self.label_es

    def value(self, document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a cell is of any type
        """The cell; None where the document has none (or only a sentinel)."""
        found: Any = document
        for part in self.field.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return None if found in (NO_INSTANT, NO_ID) else found


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    name: ListName
    title: Words
    kinds: tuple[Kind, ...]
    statuses: tuple[Status, ...]
    created_field: str
    searches: frozenset[SearchField]
    columns: tuple[Column, ...]
    default_sort: str

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def _column(  # noqa: PLR0917 - a table of columns reads best by position
    name: str,
    field: str,
    label_en: str,
    label_es: str,
    sort_field: str | None = None,
    group: ColumnGroup = ColumnGroup.RECORD,
) -> Column:
    return Column(
        name=name,
        field=field,
        label_en=label_en,
        label_es=label_es,
        sort_field=sort_field or field,
        group=group,
    )


_IDENTITY: Final = ColumnGroup.IDENTITY
_CONTACT: Final = ColumnGroup.CONTACT
_FINANCE: Final = ColumnGroup.FINANCE

NAME = _column("name", "personal.name", "Name", "Nombre", "personal.name_key", _IDENTITY)
PERSON_ID = _column("person_id", "_id", "Pre-customer ID", "ID de precliente")
CUSTOMER_ID = _column("customer_id", "customer_id", "Customer ID", "ID de cliente")
PHONE = _column("phone", "personal.phone", "Phone number", "Teléfono", "personal.phone", _CONTACT)
EMAIL = _column(
    "email", "personal.email", "E-mail", "Correo electrónico", "personal.email_key", _CONTACT
)
CREATED = _column("created", "created", "Date created", "Fecha de creación")
MODIFIED = _column("modified", "modified", "Date modified", "Fecha de modificación")
DOCUMENT_TYPE = _column(
    "document_type", "document_type", "ID type", "Tipo de documento", None, _IDENTITY
)
STATUS = _column("status", "status", "Status", "Estado")
ACTIVE_LOANS = _column(
    "active_loans", "active_loans", "Active loans", "Créditos activos", None, _FINANCE
)

PRE_CUSTOMERS: Final = PeopleList(
    name=ListName.PRE_CUSTOMERS,
    title=Words("Preclientes", "Pre-customers"),
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
    title=Words("Clientes", "Customers"),
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
        _column(
            "national_id",
            "personal.document_number",
            "National ID",
            "Documento nacional",
            None,
            _IDENTITY,
        ),
        CREATED,
        MODIFIED,
        _column(
            "personal_data_acceptance",
            "personal_data_acceptance",
            "Personal data acceptance",
            "Aceptación de datos personales",
        ),
        _column(
            "commercial_approval",
            "commercial_approval",
            "Commercial approval",
            "Aprobación comercial",
        ),
        _column("person_id", "_id", "Pre-customer ID", "ID de precliente"),
    ),
    default_sort="-created",
)

REGISTRATIONS: Final = PeopleList(
    name=ListName.REGISTRATIONS,
    title=Words("Lista de clientes", "Registrations"),
    kinds=(Kind.PRE_CUSTOMER, Kind.CUSTOMER),
    statuses=tuple(Status),
    created_field="registered_at",
    searches=frozenset({SearchField.NAME, SearchField.DOCUMENT}),
    columns=(
        _column("number", "registration_number", "#", "#"),
        DOCUMENT_TYPE,
        _column(
            "identification",
            "personal.document_number",
            "Identification",
            "Identificación",
            None,
            _IDENTITY,
        ),
        _column(
            "name",
            "personal.name",
            "Full name",
            "Nombre completo",
            "personal.name_key",
            _IDENTITY,
        ),
        EMAIL,
        _column("phone", "personal.phone", "Phone", "Teléfono", None, _CONTACT),
        Column(
            name="payer",
            field="payer",
            label_en="Payer",
            label_es="Pagaduría",
            group=_FINANCE,
        ),
        _column("registered_at", "registered_at", "Date registered", "Fecha de registro"),
        STATUS,
        _column("kind", "kind", "Kind", "Clase"),
        PERSON_ID,
    ),
    default_sort="-registered_at",
)

LISTS: Final[Mapping[ListName, PeopleList]] = {
    people_list.name: people_list for people_list in (PRE_CUSTOMERS, CUSTOMERS, REGISTRATIONS)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    name: str
    field: str
    descending: bool

    def keys(self, *, backward: bool = False) -> list[tuple[str, int]]:
        """Field and direction pairs; the id breaks ties in the same direction."""
        direction = -1 if self.descending != backward else 1
        if self.field == "_id":
            return [("_id", direction)]
        return [(self.field, direction), ("_id", direction)]


def sort_by(
    people_list: PeopleList, text: str | None, language: Language = DEFAULT_LANGUAGE
) -> Sort:
    """`name` ascending, `-name` descending. Raises Problem 422 for what is not sortable."""
    text = text or people_list.default_sort
    column = people_list.column(text.removeprefix("-"))
    if column is None or column.sort_field is None:
        sortable = ", ".join(c.name for c in people_list.columns if c.sort_field is not None)
        errors = [field_refusal("sort", "not_sortable", language, sortable)]
        raise Problem(422, "filter-invalid", errors=errors)
    return Sort(name=text, field=column.sort_field, descending=text.startswith("-"))


PAYER = "payer"


def projected_fields(columns: Sequence[Column], sort_field: str) -> dict[str, int]:
    """The projection that reads what the columns show and the cursor needs, and no more."""
    paths = {"payer_id" if column.name == PAYER else column.field for column in columns}
    return dict.fromkeys(sorted(paths | {"_id", sort_field}), 1)


def to_row(
    document: Mapping[str, Any], columns: Sequence[Column], payers: Mapping[UUID, str]
) -> dict[str, Any]:
    return {
        column.name: payers.get(document.get("payer_id"))  # type: ignore[arg-type]
        if column.name == PAYER
        else column.value(document)
        for column in columns
    }
