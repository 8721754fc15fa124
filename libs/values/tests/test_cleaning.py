from vinculo.values.cleaning import clean, clean_number, typed_code


def test_a_value_is_cleaned_of_what_pasting_adds() -> None:
    assert clean("\u202a\ufeff a\u00a0\u2009b \u200b\u202c") == "a b"
    assert clean("“a” ‘b’") == "\"a\" 'b'"  # noqa: RUF001 - quotes of phones
    assert clean("１２３ ٤٥٦") == "123 456"  # noqa: RUF001 - digits of other keyboards


def test_what_could_be_read_in_two_ways_stays() -> None:
    assert clean("a\u202eb") == "a\u202eb"
    assert clean("a—b") == "a—b"
    assert clean_number("1–2") == "1-2"  # noqa: RUF001 - a dash


def test_a_code_is_taken_as_people_type_it() -> None:
    for raw in ("569859", "569 859", " 569-859 ", "569\u00a0859", "５６９８５９"):  # noqa: RUF001
        assert typed_code(raw) == "569859"
