import pytest

from vinculo.values.names import person_name, short_text

from .invalid_codes import invalid_code


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "José Ñáñez",
        "Gómez de la Peña y Ruiz",
        "M.ª Ángeles",
        "D'Angelo",
        "O'Brien",
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
        ("Ana\x07", "name_malformed"),
        ("Ana\x7f", "name_malformed"),
        ("Ana\u0084\u200b", "name_malformed"),
        ("Ana²", "name_malformed"),
        ("Ana😀", "name_malformed"),
        ("Ana, María", "name_malformed"),
        ("A" * 101, "name_too_long"),
        ("\u3164", "name_empty"),
        ("\u115f\u1160\uffa0\u2800", "name_empty"),
        ("Ana \u3164- Peña", "name_malformed"),
        ("Ana ª", "name_malformed"),
        ("a" + "\u0301" * 60, "name_malformed"),
        ("n\u0303\u0301\u0300\u0302", "name_malformed"),
        ("\u0301Ana", "name_malformed"),
        ("Gane un premio en premio.example", "name_dotted"),
        ("premio．example", "name_dotted"),  # noqa: RUF001 - a full-width dot
        ("premio.\u200bexample", "name_dotted"),
        ("premio.-example", "name_dotted"),
        ("Аna", "name_mixes_scripts"),  # noqa: RUF001 - a Cyrillic letter
    ],
)
def test_an_invalid_name_is_refused(name: str, code: str) -> None:
    assert invalid_code(lambda: person_name(name)) == code


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Pe\u200bña", "Peña"),
        ("Pen\u0303a", "Peña"),
        ("\u200fAna", "Ana"),
        ("\u2066Ana\u2069", "Ana"),
        ("Ana\u00a0María\u3000Peña", "Ana María Peña"),
        ("O’Brien", "O'Brien"),  # noqa: RUF001 - the apostrophe of phones
        ("D´Angelo", "D'Angelo"),  # noqa: RUF001 - the accent key for an apostrophe
        ("María–José", "María-José"),  # noqa: RUF001 - a dash
        ("Ａｎａ", "Ana"),  # noqa: RUF001 - full-width letters
        ("J. R. Peña", "J. R. Peña"),
        ("Ana Дмитрий", "Ana Дмитрий"),
        ("高橋みなみ", "高橋みなみ"),
        ("Nguyễn", "Nguyễn"),
    ],
)
def test_a_name_is_cleaned_of_what_keyboards_add(typed: str, stored: str) -> None:
    assert person_name(typed) == stored
    assert person_name(stored) == stored


def test_spaces_are_normalized() -> None:
    assert person_name("Ana \t  María") == "Ana María"
    assert short_text(" Auxiliar\n contable ") == "Auxiliar contable"
    assert short_text("a\u200eb") == "ab"


def test_an_invalid_text_is_refused() -> None:
    assert invalid_code(lambda: short_text("a\u202eb")) == "text_malformed"
    assert invalid_code(lambda: short_text("\u3164")) == "text_empty"
    assert invalid_code(lambda: short_text("a" + "\u0301" * 60)) == "text_malformed"
    assert invalid_code(lambda: short_text(" ")) == "text_empty"
