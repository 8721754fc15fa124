from functools import partial

from vinculo.values.contacts import email_address, mail_recipient, mobile_number, phone_number

from .invalid_codes import invalid_code


def test_email_addresses_have_one_normal_form() -> None:
    assert email_address(" ana@EXAMPLE.com ") == "ana@example.com"
    for raw in ("ana", "ana@", "@example.com", "ana@localhost", "a b@example.com", "a@b@c.com"):
        assert invalid_code(partial(email_address, raw)) == "email_malformed"
    assert invalid_code(lambda: email_address("ana\u202e@example.com")) == "email_malformed"
    typed = "ana–r1@example.com"  # noqa: RUF001 - a dash, which could stand for two hyphens
    assert invalid_code(lambda: email_address(typed)) == "email_not_ascii"


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
        "\u202e+57 300 123 4567\u202c",
        "+0057 300 123 4567",
        "000 57 300 123 4567",
        "300\x07 123 4567",
        "llame al 300 123 4567",
    ):
        assert invalid_code(partial(mobile_number, raw, "CO")) == "phone_malformed"


def test_contacts_are_cleaned_of_what_pasting_adds() -> None:
    assert email_address("ana@mail.example\u200b") == "ana@mail.example"
    assert email_address("\u00a0ana\u200f@mail.example ") == "ana@mail.example"
    assert email_address("o’brien@mail.example") == "o'brien@mail.example"  # noqa: RUF001
    for raw in (
        "\u202a+57 301 555 0142\u202c",
        "\u202d+57\u00a0301\u2011555\u20110142\u202c",
        "＋５７ ３０１ ５５５ ０１４２",  # noqa: RUF001 - full-width
        "+57 301–555–0142",  # noqa: RUF001 - dashes
        "٣٠١٥٥٥٠١٤٢",
    ):
        assert mobile_number(raw, "CO") == "+573015550142"


def test_a_double_zero_before_a_country_code_is_a_plus() -> None:
    for raw in ("0057 301 555 0142", "00 57 3015550142", "(0057) 301 555 0142"):
        assert mobile_number(raw, "CO") == "+573015550142"
        assert phone_number(raw, "CO") == "+573015550142"
    assert phone_number("0034 612 345 678", "CO") == "+34612345678"


def test_a_domain_is_sent_to_by_idna_2008() -> None:
    for raw, recipient in (
        ("ana.r1@faß.example", "ana.r1@xn--fa-hia.example"),
        ("ana@montaña.example", "ana@xn--montaa-0wa.example"),
        ("ana@xn--fa-hia.example", "ana@xn--fa-hia.example"),
        ("Ana@MAIL.example", "Ana@mail.example"),
    ):
        assert mail_recipient(email_address(raw)) == recipient


def test_a_local_part_is_ascii_unless_the_mail_server_takes_others() -> None:
    raw = "josé.peña.r1@mail.example"

    assert invalid_code(lambda: email_address(raw)) == "email_not_ascii"
    assert invalid_code(lambda: mail_recipient(raw)) == "email_not_ascii"
    assert email_address(raw, smtputf8=True) == raw
    assert mail_recipient("josé@faß.example", smtputf8=True) == "josé@xn--fa-hia.example"
