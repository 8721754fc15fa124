"""Every text that the code needs is in the catalogue; languages come from the catalogue alone."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import vinculo.query_api
from vinculo.contracts.credit import CreditApplicationStatus, LoanStatus
from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api import texts
from vinculo.query_api.exports.http import ExportRequest
from vinculo.query_api.filter_errors import FieldRefusalCode
from vinculo.query_api.lists.catalogue import LISTS, ListName
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.periods import Preset
from vinculo.query_api.person_document.schema import Concern
from vinculo.query_api.profile.event_descriptions import describe_event
from vinculo.query_api.texts import TextContext, catalogue, label, text

SOURCES = sorted(Path(vinculo.query_api.__path__[0]).rglob("*.py"))
DATE_FILTERS = {"created", "created_from", "created_to", "modified_from", "modified_to"}
"""Described by the column of the list, or as bounds of `modified`."""


@pytest.mark.parametrize(
    ("context", "codes"),
    [
        (TextContext.STATUS, Status),
        (TextContext.KIND, Kind),
        (TextContext.LOAN_STATUS, LoanStatus),
        (TextContext.CREDIT_APPLICATION_STATUS, CreditApplicationStatus),
        (TextContext.ACTIVE_LOANS, ("none", "some")),
        (TextContext.CONCERN, Concern),
        (TextContext.PERIOD, Preset),
        (TextContext.LIST, ListName),
    ],
)
def test_every_code_has_a_label_and_every_label_a_code(
    context: TextContext, codes: Iterable[str]
) -> None:
    assert set(catalogue().keys(context)) == {str(code) for code in codes}


def test_every_column_has_a_label() -> None:
    keys = {column.label_key or column.name for each in LISTS.values() for column in each.columns}

    assert set(catalogue().keys(TextContext.COLUMN)) == keys


def test_every_filter_has_a_label() -> None:
    labelled = FilterParameters.model_fields.keys() - DATE_FILTERS

    assert labelled <= set(catalogue().keys(TextContext.FILTER))


def test_every_field_refusal_has_a_message() -> None:
    of_this_service = set(FieldRefusalCode) - {FieldRefusalCode.NOT_ALLOWED}

    assert set(catalogue().keys("field-error")) == {str(code) for code in of_this_service}


def test_every_text_that_the_code_names_is_in_the_catalogue() -> None:
    named = {
        (str(TextContext[context]), key) for source in SOURCES for context, key in _calls(source)
    }

    assert ("file", "page") in named
    assert [each for each in sorted(named) if catalogue().find(*each, "es") is None] == []


def _calls(source: Path) -> Iterator[tuple[str, str]]:
    """Context and key of the calls of `text` and `label` with a constant key."""
    for node in ast.walk(ast.parse(source.read_text())):
        match node:
            case ast.Call(
                func=ast.Name(id="text" | "label"),
                args=[
                    ast.Attribute(value=ast.Name(id="TextContext"), attr=context),
                    ast.Constant(value=str(key)),
                    *_,
                ],
            ):
                yield context, key


def test_a_label_of_an_unknown_code_is_the_code() -> None:
    assert label(TextContext.STATUS, "later", "en") == "later"


@pytest.fixture
def fresh_catalogue() -> Iterator[None]:
    catalogue.cache_clear()
    yield
    catalogue.cache_clear()


@pytest.mark.usefixtures("fresh_catalogue")
def test_a_language_needs_only_a_catalogue_file(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = catalogue().messages
    french = {key: f"fr: {message}" for key, message in messages["en"].items()}
    extended = replace(catalogue(), messages={**messages, "fr": french})
    monkeypatch.setattr(texts, "load_catalogue", lambda _: extended)
    catalogue.cache_clear()
    request = ExportRequest.model_validate(
        {"list": ListName.CUSTOMERS, "format": "csv", "locale": "fr"}
    )

    assert request.locale == "fr"
    languages = ExportRequest.model_json_schema()["properties"]["locale"]["enum"]
    assert set(languages) == {*messages, "fr"}
    assert text(TextContext.LIST, ListName.CUSTOMERS, "fr").startswith("fr: ")
    assert describe_event("customer-registry.credit", "loan-recorded.v1", {}, "fr").startswith(
        "fr: "
    )
