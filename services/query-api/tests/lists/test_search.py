"""Search words match tokens, by prefix when they are long enough."""

import re
from typing import Any

import pytest
from bson.regex import Regex

from vinculo.query_api.lists.catalogue import CUSTOMERS, PRE_CUSTOMERS, REGISTRATIONS
from vinculo.query_api.lists.search import parse_search
from vinculo.query_api.person_document.search_tokens import search_tokens

MARIA = search_tokens(
    given_names="María José",
    surnames="Peña O'Brien-Gómez",
    email="Maria.Pena@Example.co",
    document_number="1.020.304.050",
    phone="+573001234567",
)
LUKASZ = search_tokens(
    given_names="Łukasz",
    surnames="Delacruz Strauß",
    email="lukasz@buzon.example",
    document_number="AV123456",
    phone="+573166971985",
)


def finds(text: str, people_list: Any = CUSTOMERS, among: list[str] = MARIA) -> bool:
    conditions = parse_search(text, people_list.searches).conditions()
    return all(_matches_condition(condition, among) for condition in conditions)


def _matches_condition(condition: dict[str, Any], among: list[str]) -> bool:
    if "$or" in condition:
        return any(_matches_condition(each, among) for each in condition["$or"])
    if "$and" in condition:
        return all(_matches_condition(each, among) for each in condition["$and"])
    return any(_matches_token(p, among) for p in condition["personal.tokens"]["$in"])


def _matches_token(pattern: str | Regex[str], among: list[str]) -> bool:
    if isinstance(pattern, str):
        return pattern in among
    return any(re.match(pattern.pattern, token) for token in among)


def test_accents_and_case_do_not_matter() -> None:
    assert finds("MARIA pena")
    assert finds("María PEÑA")


def test_all_words_must_match() -> None:
    assert not finds("maria lopez")


def test_three_letters_match_a_prefix_of_a_word() -> None:
    assert finds("mar")
    assert not finds("ria")


def test_two_letters_match_a_whole_word_only() -> None:
    assert not finds("ma")


def test_names_joined_by_punctuation_are_found_by_their_parts() -> None:
    assert finds("O'Brien")
    assert finds("brien-gomez")


@pytest.mark.parametrize(
    "text", ["mariajose", "obrien", "o brien", "penaobriengomez", "josé maría"]
)
def test_names_are_found_written_together(text: str) -> None:
    assert finds(text)
    assert finds(text.upper(), PRE_CUSTOMERS)


@pytest.mark.parametrize("text", ["lukasz", "ŁUK", "de la cruz", "De La Cruz Lukasz", "strauss"])
def test_names_are_found_written_apart_and_in_plain_letters(text: str) -> None:
    assert finds(text, REGISTRATIONS, LUKASZ)


@pytest.mark.parametrize("text", ["de la luz", "cruz", "la cruz", "delaluz", "maria - strauss"])
def test_words_that_are_not_of_the_name_are_not_found(text: str) -> None:
    assert not finds(text, REGISTRATIONS, LUKASZ)


@pytest.mark.parametrize(
    "text",
    ["lukasz 316 697 1985", "316 697 19 85 lukasz", "+57 316 697", "3166971985 AV123456", "316 69"],
)
def test_a_phone_number_is_found_in_groups_of_digits_beside_other_words(text: str) -> None:
    assert finds(text, CUSTOMERS, LUKASZ)


@pytest.mark.parametrize("text", ["lukasz 316 697 1986", "697 1985", "316 1985"])
def test_groups_of_digits_are_found_in_their_order_only(text: str) -> None:
    assert not finds(text, CUSTOMERS, LUKASZ)


@pytest.mark.parametrize(
    "text",
    [
        *("CC 1020304050", "c.c. 1.020.304.050", "cc1020304050", "CC No. 1 020 304 050"),
        *("cédula de ciudadanía 1020304050", "Cédula 1020", "NIT 1.020.304.050 - 7"),
        *("maria cc 1020304050", "c.c.# 1020304050 peña", "nit:1020304050-7"),
    ],
)
def test_a_document_is_found_with_its_type_before_the_number(text: str) -> None:
    assert finds(text, REGISTRATIONS)
    assert finds(text, CUSTOMERS)


@pytest.mark.parametrize(
    "text", ["CC 1020304051", "cc", "XX 1020304050", "CC 3001234567", "cc maria 1020304050"]
)
def test_the_type_of_a_document_is_no_name_of_anyone(text: str) -> None:
    assert not finds(text, REGISTRATIONS)
    assert not finds(text, CUSTOMERS)


def test_a_passport_is_found_with_its_type() -> None:
    assert finds("Pasaporte AV-123456", CUSTOMERS, LUKASZ)
    assert finds("passport av123456", CUSTOMERS, LUKASZ)


def test_punctuation_between_words_is_ignored() -> None:
    assert finds("maría - peña")
    assert finds("maria, peña")


def test_each_word_reads_few_ranges_of_the_index() -> None:
    words = parse_search("uno dos tres cuatro cinco seis siete ocho", CUSTOMERS.searches).words

    assert max(len(tokens) for word in words for each in word.alternatives for tokens in each) == 9


def test_a_phone_number_is_found_with_and_without_its_country_code() -> None:
    assert finds("300 123 4567", PRE_CUSTOMERS)
    assert finds("+57 300-123", PRE_CUSTOMERS)
    assert not finds("1234567", PRE_CUSTOMERS)


def test_a_name_and_a_number_with_punctuation_are_found_together() -> None:
    assert finds("maria (300)-123-4567", PRE_CUSTOMERS)
    assert finds("peña 1.020.304", REGISTRATIONS)
    assert not finds("lopez 300-123-4567", PRE_CUSTOMERS)


def test_a_document_number_is_found_with_and_without_punctuation() -> None:
    assert finds("1.020.304.050")
    assert finds("1020", REGISTRATIONS)


def test_a_document_number_is_found_with_the_check_digit_of_a_nit() -> None:
    assert finds("1.020.304.050-7", REGISTRATIONS)
    assert not finds("1.020.304.05-7", REGISTRATIONS)
    assert not finds("10203040507", REGISTRATIONS)


def test_a_document_number_with_letters_is_found_with_and_without_punctuation() -> None:
    among = ["d:av123456"]

    assert finds("AV-123.456", REGISTRATIONS, among)
    assert finds("av1234", CUSTOMERS, among)


def test_a_phone_number_is_found_with_the_international_prefix() -> None:
    assert finds("0057 300 1234567", PRE_CUSTOMERS)
    assert not finds("00 300 1234567", REGISTRATIONS)


def test_an_email_address_is_found_by_its_prefix() -> None:
    assert finds("maria.pena@example.co")
    assert finds("maria.pe")
    assert not finds("pena@example")


def test_each_list_searches_in_its_own_fields_only() -> None:
    assert not finds("1020304050", PRE_CUSTOMERS)
    assert not finds("3001234567", REGISTRATIONS)
    assert not finds("maria.pena@example.co", REGISTRATIONS)


def test_an_identifier_is_looked_up_as_customer_and_person() -> None:
    (condition,) = parse_search(
        "0190a6e0-0000-7000-8000-000000000001", CUSTOMERS.searches
    ).conditions()

    assert [list(each) for each in condition["$or"]] == [["customer_id"], ["_id"]]


def test_metacharacters_are_plain_characters() -> None:
    assert not finds(".*")
    assert not finds("m.ria")
    assert not finds("^maria|x{1,9}$")


def test_an_empty_search_has_no_conditions() -> None:
    assert parse_search("   ", CUSTOMERS.searches).conditions() == []
