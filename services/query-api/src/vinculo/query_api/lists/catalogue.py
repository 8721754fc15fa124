"""What each list shows, sorts by and searches in. Nothing a client sends becomes a field's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.person_document import search_tokens
from vinculo.query_api.person_document.schema import NO_ID, NO_INSTANT
from vinculo.query_api.words.words import Words
from vinculo.translation import Language


class ListName(StrEnum):
    PRE_CUSTOMERS = "pre-customers"
    CUSTOMERS = "customers"
    REGISTRATIONS = "registrations"


class Search(StrEnum):
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
    searches: frozenset[Search]
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
    searches=frozenset({Search.NAME, Search.PHONE}),
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
        {Search.NAME, Search.PHONE, Search.EMAIL, Search.DOCUMENT, Search.IDENTIFIER}
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
    searches=frozenset({Search.NAME, Search.DOCUMENT}),
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
