import pytest

from vinculo.values.names import normalized_words, person_name, short_text

from .invalid_codes import invalid_code


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
def test_names_of_all_scripts_are_accepted(name: str) -> None:
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
    assert invalid_code(lambda: person_name(name)) == code


def test_spaces_are_normalized() -> None:
    assert person_name("Ana \t  María") == "Ana María"
    assert short_text(" Auxiliar\n contable ") == "Auxiliar contable"


def test_an_invalid_text_is_refused() -> None:
    assert invalid_code(lambda: short_text("a\u200eb")) == "text_malformed"
    assert invalid_code(lambda: short_text(" ")) == "text_empty"


def test_words_are_normalized_for_searching() -> None:
    assert normalized_words("Alcaldía de TUNJA (Boyacá)") == ["alcaldia", "de", "tunja", "boyaca"]
