"""Folded words for search, and the Spanish order of names."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.values.folding import (
    fold,
    folded_words,
    joined_words,
    letters_sort_key,
    runs_with,
    sort_key,
    word_endings,
)

LATIN = "".join(
    character
    for character in map(chr, range(0x24F))
    if unicodedata.category(character)[0] == "L" and character not in "µƸƹɁɂ"
)
NAMES = st.text(st.sampled_from(f"{LATIN} '-.ªº·\u0301\u0303"), max_size=20)
TEXTS = st.text(max_size=20) | NAMES


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  ÁRBOL   Ñandú ", "arbol nandu"),
        ("Łukasz Ørsted Đorđe", "lukasz orsted dorde"),
        ("Strauß STRAUSS", "strauss strauss"),
        ("Æsa Œuvre Þór Guðrún", "aesa oeuvre thor gudrun"),
        ("Işık Ingrid", "isik ingrid"),  # noqa: RUF001 - Turkish
        ("Gonçalves da Conceição", "goncalves da conceicao"),
        ("M.ª José", "m.a jose"),
        ("Дмитрий Ёлкин", "дмитрии елкин"),
        ("李小龍", "李小龍"),
        ("\U0001d40cath", "math"),
    ],
)
def test_case_marks_and_other_latin_letters_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


def test_every_latin_letter_of_europe_becomes_ascii() -> None:
    assert [letter for letter in LATIN if not fold(letter).isascii() and letter not in "Ŀŀ"] == []


def test_punctuation_separates_words_and_joins_nothing() -> None:
    assert folded_words("Alcaldía de TUNJA (Boyacá)") == ["alcaldia", "de", "tunja", "boyaca"]
    assert folded_words("Peña O'Brien-Gómez S.A.S.") == ["pena", "o", "brien", "gomez", *"sas"]
    assert joined_words("D'Costa S.A.S.") == "dcostasas"


@given(TEXTS)
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    folded = fold(text)

    assert fold(folded) == folded
    assert joined_words(folded) == joined_words(text)


@given(TEXTS)
def test_composed_and_decomposed_texts_are_equal(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))

    assert fold(composed) == fold(decomposed) == fold(text)
    assert sort_key(composed) == sort_key(decomposed)


@given(TEXTS, TEXTS)
def test_texts_of_one_place_in_the_order_are_equal_in_search(one: str, other: str) -> None:
    assert sort_key(one).replace("n~", "n").replace(" ", "") == joined_words(one)
    if sort_key(one) == sort_key(other):
        assert joined_words(one) == joined_words(other)


@given(NAMES, NAMES)
def test_names_with_equal_words_are_at_one_place_but_for_the_enye(one: str, other: str) -> None:
    without_enye = [re.sub("n[\u0303]|ñ", "n", name.lower()) for name in (one, other)]
    if all("'" not in fold(name) and "·" not in fold(name) for name in without_enye) and (
        folded_words(without_enye[0]) == folded_words(without_enye[1])
    ):
        assert sort_key(without_enye[0]) == sort_key(without_enye[1])


@given(st.lists(NAMES, max_size=6))
def test_the_order_is_that_of_the_spanish_alphabet(names: list[str]) -> None:
    alphabet = "0123456789abcdefghijklmnñopqrstuvwxyz"

    def ranks(name: str) -> list[list[int]]:
        spelled = unicodedata.normalize("NFC", name).lower().replace("ñ", "\x01")
        plain = re.sub("['·]", "", "\x01".join(fold(part) for part in spelled.split("\x01")))
        words = re.findall("[\x01a-z0-9]+", plain)
        return [[alphabet.index(c.replace("\x01", "ñ")) for c in word] for word in words]

    assert [ranks(name) for name in sorted(names, key=sort_key)] == sorted(map(ranks, names))


def test_names_are_in_spanish_order() -> None:
    ordered = [
        "De la Cruz",
        "Deán",
        "Łukasz",
        "Luz",
        "Nelly",
        "Nubia",
        "Nzá",
        "Ñata",
        "Ohana",
        "O'Hara",
        "Ohio",
        "Oscar",
        "Óscar Zea",
        "Zoë",
        "Дмитрий",
        "李小龍",
    ]

    assert sorted(set(ordered), key=sort_key) == ordered


def test_addresses_are_ordered_with_their_punctuation() -> None:
    ordered = ["a.z@buzon.example", "aa@buzon.example", "nz@b.example", "ñu@b.example", "o@b"]

    assert sorted(set(ordered), key=letters_sort_key) == ordered


def test_a_word_is_found_together_with_its_neighbours() -> None:
    words = ["de", "la", "cruz"]

    assert word_endings(words) == ["delacruz", "lacruz", "cruz"]
    assert runs_with(words, 1) == [["la"], ["la", "cruz"], ["de", "la"], words]


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=5), st.data())
def test_each_run_of_words_is_the_beginning_of_an_ending(
    words: list[str], data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(words) - 1))

    for run in runs_with(words, position):
        assert any(ending.startswith("".join(run)) for ending in word_endings(words))
