"""Search tokens of a person."""

import pytest

from vinculo.query_api.person_document.search_tokens import (
    national_digits,
    search_tokens,
)


def test_tokens_have_names_joined_from_each_word_on_document_address_and_phone_in_both_forms() -> (
    None
):
    found = search_tokens(
        given_names="María  José",
        surnames="Ñáñez-Pérez de la O'Hara",
        email=" Maria@Example.CO ",
        document_number="1.020.300-4",
        phone="+573001234567",
    )

    assert found == sorted(
        [
            *("n:mariajose", "n:jose", "n:nanezperezdelaohara", "n:perezdelaohara"),
            *("n:delaohara", "n:laohara", "n:ohara", "n:hara", "n:de", "n:la", "n:o"),
            *("e:maria@example.co", "d:10203004", "p:573001234567", "p:3001234567"),
        ]
    )


@pytest.mark.parametrize(
    ("phone", "national"),
    [
        ("+573001234567", "3001234567"),
        ("+12025550123", "2025550123"),
        ("+593991234567", "991234567"),
        ("", ""),
    ],
)
def test_the_calling_code_of_every_country_is_removed(phone: str, national: str) -> None:
    assert national_digits(phone) == national
