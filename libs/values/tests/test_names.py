"""Names and short texts are accepted as people write them, and normalized."""

from collections.abc import Callable

import pytest

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.onboarding.messages import MESSAGES
from vinculo.values.invalid_value import InvalidValue
from vinculo.values.names import normalized_words, person_name, short_text


def refusal(check: Callable[[], object]) -> str:
    with pytest.raises(InvalidValue) as refused:
        check()
    assert MESSAGES.find(FIELD_ERROR, refused.value.code, "es")
    return refused.value.code


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "José Ñáñez",
        "Gómez de la Peña y Ruiz",
        "M.ª Ángeles",
        "D'Angelo",
        "O’Brien",  # noqa: RUF001 - the apostrophe people type
        "María-José",
        "de la Cruz",
        "Łukasz",
        "李",
        "अनिता",
    ],
)
def test_names_are_accepted_as_people_write_them(name: str) -> None:
    assert person_name(f"  {name} ") == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_empty"),
        ("   ", "name_empty"),
        ("--", "name_malformed"),
        ("R2D2", "name_malformed"),
        ("<b>Ana</b>", "name_malformed"),
        ("Ana\u202e", "name_malformed"),
        ("\u200fAna", "name_malformed"),
        ("\u2066Ana\u2069", "name_malformed"),
        ("Ana\x07", "name_malformed"),
        ("Ana\x7f", "name_malformed"),
        ("Ana\u0085\u200b", "name_malformed"),
        ("Ana²", "name_malformed"),
        ("Ana😀", "name_malformed"),
        ("Ana, María", "name_malformed"),
        ("A" * 101, "name_too_long"),
    ],
)
def test_an_invalid_name_is_refused(name: str, code: str) -> None:
    assert refusal(lambda: person_name(name)) == code


def test_inner_spaces_are_collapsed() -> None:
    assert person_name("Ana \t  María") == "Ana María"
    assert short_text(" Auxiliar\n contable ") == "Auxiliar contable"


def test_invisible_characters_are_refused_in_texts() -> None:
    assert refusal(lambda: short_text("a\u200eb")) == "text_malformed"
    assert refusal(lambda: short_text(" ")) == "text_empty"


def test_words_are_normalized_for_searching() -> None:
    assert normalized_words("Alcaldía de TUNJA (Boyacá)") == ["alcaldia", "de", "tunja", "boyaca"]
