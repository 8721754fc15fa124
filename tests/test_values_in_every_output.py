"""Every accepted value leaves the form in one form, and passes through every output and back."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from vinculo.contracts import onboarding as contracts
from vinculo.notifications.delivery.sms import fill_body
from vinculo.notifications.delivery.smtp import usable_address
from vinculo.notifications.delivery.transports import ShortMessage
from vinculo.onboarding.domain.submission import PersonDetails
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.registration import (
    RegistrationBody,
    RegistrationRules,
    validate_registration,
)
from vinculo.query_api.lists.catalogue import SearchField
from vinculo.query_api.lists.search import Token, parse_search
from vinculo.query_api.person_document.search_tokens import search_tokens
from vinculo.tabular import Column, CsvWriter, Guard, Kind, TableLayout
from vinculo.values.document_types import read_document_types

RULES = RegistrationRules(
    projects=frozenset({"default"}),
    consents=read_consent_texts(None),
    documents=read_document_types(None),
)
TODAY = date(2026, 3, 1)
FIELDS = frozenset({SearchField.NAME, SearchField.EMAIL, SearchField.DOCUMENT, SearchField.PHONE})
COLUMNS = ("document_number", "given_names", "surnames", "birth_date", "email", "phone")

VALUES = [
    ("document_number", "1032456789\u200b", "1032456789"),
    ("document_number", "1.032.456.789\u20117", "1032456789"),
    ("document_number", "\uff11\uff10\uff13\uff12\uff14\uff15\uff16", "1032456"),
    ("given_names", "Pe\u200bña", "Peña"),
    ("given_names", "\u202dMaría\u00a0José\u202c", "María José"),
    ("given_names", "Дмитрий", "Дмитрий"),
    ("surnames", "O\u2019Brien", "O'Brien"),
    ("surnames", "de la Cruz", "de la Cruz"),
    ("surnames", "", ""),
    ("birth_date", "1985-04-12", "1985-04-12"),
    ("email", "ana@mail.example\u200b", "ana@mail.example"),
    ("email", "ana.r1@faß.example", "ana.r1@faß.example"),
    ("phone", "\u202a+57 301 555 0142\u202c", "+573015550142"),
    ("phone", "0057 301 555 0142", "+573015550142"),
    ("phone", "301\u2013555\u20130142", "+573015550142"),
]
MAILED = {"ana.r1@faß.example": "ana.r1@xn--fa-hia.example"}


def registered(**changes: str) -> PersonDetails:
    body: dict[str, Any] = {
        "channel": "web",
        "locale": "es",
        "document_type": "CC",
        "document_number": "79123456",
        "given_names": "Ana",
        "surnames": "Gómez",
        "birth_date": "1990-05-17",
        "email": "ana@example.com",
        "phone": "300 123 4567",
        "password": "tres cometas verdes sobre el páramo",
        "consents": [{"purpose": "personal_data", "text_version": "2026-01"}],
        **changes,
    }
    body["single_name"] = not body["surnames"]
    return validate_registration(RegistrationBody.model_validate(body), RULES, TODAY).person


def texts(person: PersonDetails | contracts.PersonDetails) -> dict[str, str]:
    return {name: str(getattr(person, name)) for name in COLUMNS}


def finds(query: str, tokens: list[str]) -> bool:
    def matches(token: Token) -> bool:
        return any(
            each.startswith(token.text) if token.is_prefix else each == token.text
            for each in tokens
        )

    return all(
        any(all(any(map(matches, part)) for part in way) for way in word.alternatives)
        for word in parse_search(query, FIELDS).words
    )


def exported(person: PersonDetails, path: Path) -> dict[str, str]:
    """The row of a CSV file for machines."""
    columns = tuple(Column(name=each, title=each, kind=Kind.IDENTIFIER) for each in COLUMNS)
    layout = TableLayout(
        title="",
        columns=columns,
        notes=(),
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
        zone=ZoneInfo("America/Bogota"),
        language="es",
    )
    writer = CsvWriter(path, layout, delimiter=",", guard=Guard.RAW)
    writer.write(pa.RecordBatch.from_pylist([texts(person)]))
    writer.finish()
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))


@pytest.mark.parametrize(("field", "typed", "stored"), VALUES)
def test_an_accepted_value_passes_through_every_output_and_back(
    field: str, typed: str, stored: str, tmp_path: Path
) -> None:
    person = registered(**{field: typed})
    shown = texts(person)
    published = contracts.PersonDetails.model_validate(shown).model_dump_json()
    message = ShortMessage(phone=person.phone, text="569859", message_id=UUID(int=1))
    tokens = search_tokens(**{name: shown[name] for name in COLUMNS if name != "birth_date"})

    assert shown[field] == stored
    assert texts(registered(**shown)) == shown
    assert texts(contracts.PersonDetails.model_validate_json(published)) == shown
    assert usable_address(person.email, smtputf8=False) == MAILED.get(person.email, person.email)
    assert fill_body({"to": "{to}"}, message) == {"to": shown["phone"]}
    assert exported(person, tmp_path / "people.csv") == shown
    if field != "birth_date" and stored:
        assert finds(typed, tokens)
        assert finds(stored, tokens)
