from functools import partial

from vinculo.values.contacts import email_address, mobile_number, phone_number

from .invalid_codes import invalid_code


def test_email_addresses_have_one_normal_form() -> None:
    assert email_address(" ana@EXAMPLE.com ") == "ana@example.com"
    for raw in ("ana", "ana@", "@example.com", "ana@localhost", "a b@example.com", "a@b@c.com"):
        assert invalid_code(partial(email_address, raw)) == "email_malformed"
    for raw in ("ana\u202e@example.com", "ana\u200f@example.com", "\u2066ana@example.com"):
        assert invalid_code(partial(email_address, raw)) == "email_malformed"


def test_phone_numbers_are_converted_to_e164() -> None:
    assert mobile_number("300 123 4567", "CO") == "+573001234567"
    assert mobile_number("+57 (300) 123-4567", "CO") == "+573001234567"
    assert mobile_number("+34 612 345 678", "CO") == "+34612345678"
    assert phone_number("601 765 4321", "CO") == "+576017654321"


def test_an_invalid_phone_number_is_refused() -> None:
    assert invalid_code(lambda: mobile_number("601 765 4321", "CO")) == "phone_not_mobile"
    for raw in (
        "123",
        "abc",
        "",
        "+999 123456",
        "3001234567 ext. 5",
        "\u202d+57 300 123 4567\u202c",
        "300\x07 123 4567",
        "llame al 300 123 4567",
    ):
        assert invalid_code(partial(mobile_number, raw, "CO")) == "phone_malformed"
