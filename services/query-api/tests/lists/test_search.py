"""Search words match tokens, by prefix when they are long enough."""

import re
from typing import Any

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
