"""Passwords that are short, long or easy to guess are refused."""

from collections.abc import Callable

import pytest

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.invalid_value import InvalidValue

OWN_WORDS = ["Ana María", "Gómez Ruiz", "ana.gomez", "1032456789", "1990-05-17"]


def refusal(check: Callable[[], object]) -> str:
    with pytest.raises(InvalidValue) as refused:
        check()
    assert MESSAGES.find(FIELD_ERROR, refused.value.code, "es")
    return refused.value.code


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("corta", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_weak"),
        ("123456789012345", "password_weak"),
        ("Ana Maria Gomez Ruiz", "password_weak"),
        ("ana.gomez 1032456789", "password_weak"),
        ("GomezRuiz19900517!!", "password_weak"),
    ],
)
def test_a_password_that_is_short_long_or_guessed_is_refused(password: str, code: str) -> None:
    assert refusal(lambda: PasswordRules().strong_password(password, OWN_WORDS)) == code


@pytest.mark.parametrize(
    "password",
    ["tres cometas verdes sobre el páramo", "z7$Kq0#pLm9!wXv2", "ñ漢字" + "k9" * 3 + " un río"],
)
def test_long_sentences_and_random_characters_are_accepted(password: str) -> None:
    assert PasswordRules().strong_password(password, OWN_WORDS) == password


def test_a_password_of_maximal_length_is_accepted_quickly() -> None:
    assert PasswordRules().strong_password("ocho nubes de papel " * 6 + "vuelan.", OWN_WORDS)


def test_the_shortest_length_and_the_brand_are_those_of_the_installation() -> None:
    rules = PasswordRules(min_length=10, brand="Crédito Andino")

    assert rules.strong_password("k7nQv9zM4t", OWN_WORDS) == "k7nQv9zM4t"
    with pytest.raises(InvalidValue) as short:
        rules.strong_password("k7nQv9zM4", OWN_WORDS)
    assert short.value.values == {"min_length": 10}
    assert refusal(lambda: rules.strong_password("CreditoAndino12", OWN_WORDS)) == "password_weak"
