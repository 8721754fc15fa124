"""E-mail addresses and phone numbers."""

import re
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from vinculo.values.cleaning import clean, clean_number
from vinculo.values.invalid_value import InvalidValue

_DIALLED_CHARACTERS: Final = re.compile(r"[0-9 ()+./-]+")
_INTERNATIONAL_PREFIX: Final = re.compile(r"^(\(?)00(?=[ 1-9])")


def email_address(raw: str, *, smtputf8: bool = False) -> str:
    """The normalized address. Only its form is checked; delivery is proved by the activation link.

    `smtputf8` tells whether the mail server takes letters other than ASCII before the `@`.

    Raises:
        InvalidValue: `email_malformed` or `email_not_ascii`.

    """
    return _validated_email(clean(raw), smtputf8=smtputf8).normalized


def mail_recipient(address: str, *, smtputf8: bool = False) -> str:
    """The address as the mail server takes it, with the domain in ASCII (IDNA 2008).

    Raises:
        InvalidValue: `email_malformed` or `email_not_ascii`.

    """
    valid = _validated_email(address, smtputf8=smtputf8)
    return f"{valid.local_part}@{valid.ascii_domain}"


def phone_number(raw: str, country: str) -> str:
    """The number in E.164. Without a country code it is a number of `country`.

    Raises:
        InvalidValue: `phone_malformed`.

    """
    return phonenumbers.format_number(_parse(raw, country), phonenumbers.PhoneNumberFormat.E164)


def mobile_number(raw: str, country: str) -> str:
    """The number in E.164, if it can be a mobile number; some countries do not distinguish them.

    Raises:
        InvalidValue: `phone_malformed` or `phone_not_mobile`.

    """
    number = _parse(raw, country)
    if phonenumbers.number_type(number) not in {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }:
        raise InvalidValue("phone_not_mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _validated_email(address: str, *, smtputf8: bool) -> ValidatedEmail:
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise InvalidValue("email_malformed") from None
    if valid.smtputf8 and not smtputf8:
        raise InvalidValue("email_not_ascii")
    return valid


def _parse(raw: str, country: str) -> phonenumbers.PhoneNumber:
    """The parsed number. Other characters, which phonenumbers would ignore, are refused."""
    dialled = clean_number(raw)
    if not _DIALLED_CHARACTERS.fullmatch(dialled):
        raise InvalidValue("phone_malformed")
    try:
        number = phonenumbers.parse(_INTERNATIONAL_PREFIX.sub(r"\1+", dialled), country)
    except phonenumbers.NumberParseException:
        raise InvalidValue("phone_malformed") from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise InvalidValue("phone_malformed")
    return number
